"""The choice of a port."""

import socket

from tracardi_operator.devcluster.ports import RANGE, free_port, is_free

HOST = "127.0.0.1"


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        assert not is_free(server.getsockname()[1], HOST)


def test_a_free_port_is_none_that_systems_hand_to_clients() -> None:
    assert free_port(HOST) in RANGE
    assert RANGE.stop < 32_768
