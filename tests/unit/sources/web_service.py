"""A real HTTP service on loopback that answers as a test tells it, and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from opscli.sources import http
from opscli.sources.gathering import Asked, Gathered
from opscli.sources.web.waiting import Outside
from tests.unit.sources.conftest import NOW


@dataclass(kw_only=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Reply:
    """`cut` = the connection is dropped after so many bytes of the body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    def as_bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answering = Callable[[Request], Reply]


@dataclass(kw_only=True)
class Service:
    url: str
    port: int
    asked: list[Request]

    @property
    def queries(self) -> list[dict[str, str]]:
        return [request.query for request in self.asked]


@contextmanager
def serving(answering: Answering, tls: Path | None = None) -> Iterator[Service]:
    """`tls` is a PEM file with key and certificate."""
    asked: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(b"")

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            request = Request(method=self.command, path=parts.path, query=query, headers=headers, body=body)
            asked.append(request)
            reply = answering(request)
            content = reply.as_bytes()
            self.send_response_only(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: reply.cut])
            self.close_connection = reply.cut is not None

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            pass  # a peer that has gone is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    port = int(server.server_address[1])
    try:
        yield Service(url=f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1/orders", port=port, asked=asked)
    finally:
        server.shutdown()
        server.server_close()


@dataclass(kw_only=True)
class Fetch:
    """Gathers from an address as a load does, without waiting."""

    root: Path
    waits: list[float] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    lookup: Callable[[str, int], Sequence[str]] | None = None

    def __call__(self, url: str, asked: dict[str, Any] | None = None, **settings: Any) -> Gathered:
        bench = self.root / "bench"
        bench.mkdir(exist_ok=True)
        data = {"url": url, "allow_hosts": ["127.0.0.1"], **settings}
        wanted = {"source": "shop", "root": self.root, "workbench": bench, "at": NOW, **(asked or {})}
        outside = Outside(sleep=self.sleep, resolve=self.lookup or self.resolve, now=lambda: sum(self.waits))
        return http.gather(http.settings(data), Asked(**wanted), outside)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def resolve(self, host: str, _port: int) -> list[str]:
        return self.names.get(host, [host])


def rows(gathered: Gathered) -> list[Any]:
    (found,) = gathered.files
    return [json.loads(line) for line in found.path.read_bytes().splitlines()]


def ids(gathered: Gathered) -> list[int]:
    return [row["id"] for row in rows(gathered)]
