"""The tests themselves reach no network."""

from __future__ import annotations

import socket
import warnings

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


@pytest.fixture(autouse=True)
def no_warnings_of_the_guard() -> None:
    warnings.simplefilter("ignore")


def test_no_internet_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET)


def test_no_name_is_resolved() -> None:
    with pytest.raises(SocketBlockedError):
        socket.getaddrinfo("example.com", 443)


def test_unix_sockets_work() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.send(b"x")
        assert right.recv(1) == b"x"


@pytest.mark.network
def test_loopback_only_where_a_test_asks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket(socket.AF_INET) as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 9))
