"""TLS for the stand-in, by an authority that nobody knows."""

import ssl
from pathlib import Path

from tracardi_operator.devcluster.certificates import Authority


def authority(directory: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """What a server needs that is reached under this name, and the file of the authority that a client may trust."""
    made = Authority.create("made up")
    made.server("stand-in", [host]).write(directory, "server")
    ca_file = directory / "ca.crt"
    ca_file.write_bytes(made.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.crt", directory / "server.key")
    return context, ca_file
