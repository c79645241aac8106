"""Redirects of one request for a file: how many are followed, and who sees the token."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from clients.copernicus.errors import ProductNotDownloaded
from clients.copernicus.hosts import Hosts
from clients.copernicus.transfer import MAX_REDIRECTS, Transfer
from tests.copernicus_products import made_up_product

PRODUCT = made_up_product(1, "S2A_MSIL2A.SAFE")


class _Host(BaseHTTPRequestHandler):
    """Redirects as it is told, then sends a file; notes which tokens it got."""

    def do_GET(self):
        server = self.server
        server.tokens.append(self.headers.get("Authorization"))
        target = server.redirects.pop(0) if server.redirects else None
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def host():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Host) as server:
        server.tokens, server.redirects = [], []
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def status_of(transfer):
    with transfer.open(PRODUCT, "secret", {}) as response:
        return response.status_code


@pytest.fixture
def foreign(host, monkeypatch):
    """URL of the same server by a name that is none of the service's."""
    look_up, name = socket.getaddrinfo, "files.example.com"
    monkeypatch.setattr(socket, "getaddrinfo", lambda asked, *rest, **named: look_up(_local(asked), *rest, **named))
    monkeypatch.setenv("no_proxy", f"{name},127.0.0.1")

    def _local(asked):
        return "127.0.0.1" if asked == name else asked

    return f"http://{name}:{host.server_port}/file"


def test_a_redirect_to_a_foreign_host_is_followed_without_the_token(host, foreign):
    host.redirects.append(foreign)
    assert status_of(Transfer(Hosts(host.url, host.url))) == 200
    assert host.tokens == ["Bearer secret", None]


def test_redirects_that_do_not_end_are_given_up(host):
    host.redirects += ["/next?signature=secret"] * (MAX_REDIRECTS + 1)
    with pytest.raises(ProductNotDownloaded, match="redirects do not end") as refused:
        status_of(Transfer(Hosts(host.url, host.url)))
    assert refused.value.failure.code == "TooManyRedirects"
    assert "signature" not in str(refused.value)
    assert host.tokens == ["Bearer secret"] * (MAX_REDIRECTS + 1)


def test_so_many_redirects_are_followed(host):
    host.redirects += ["/next"] * MAX_REDIRECTS
    assert status_of(Transfer(Hosts(host.url, host.url))) == 200
