"""Free ports of the loopback interface."""

import random
import socket

from tracardi_operator.devcluster.errors import ControlPlaneError

RANGE = range(20_000, 30_000)
"""Below the ports that systems hand to outgoing connections (32768 or 49152 upwards). Clients that knock at a stopped
server on such a port may be given that very port to knock from, are then connected to themselves, and keep it."""
ATTEMPTS = 100


def free_port(host: str) -> int:
    """A port that nobody listens on now. Somebody may take it before you do: be ready to choose anew."""
    for port in random.sample(RANGE, ATTEMPTS):
        if is_free(port, host):
            return port
    raise ControlPlaneError(f"no free port found between {RANGE.start} and {RANGE.stop}")


def is_free(port: int, host: str) -> bool:
    with socket.socket() as probe:
        # as servers do: connections of a server that has just ended don't count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
