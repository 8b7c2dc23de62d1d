"""TLS for the stand-in, by an authority that nobody knows."""

import ssl
from pathlib import Path

from tracardi_operator.devcluster.certificates import Authority


def authority(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on 127.0.0.1 needs, and the file of the authority that a client may trust."""
    made = Authority.create("made up")
    made.server("stand-in", ["127.0.0.1"]).write(directory, "server")
    ca_file = directory / "ca.crt"
    ca_file.write_bytes(made.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.crt", directory / "server.key")
    return context, ca_file
