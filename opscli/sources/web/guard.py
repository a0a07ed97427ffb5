"""Connections that go where they may: a host is looked up once, every address of it is judged, and one of them is used.

The check stands at the socket, so it holds for first requests, redirects, links to a next page and token requests, and
for every way to write an address; TLS goes on verifying the name.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from opscli.errors import DataUnusable, NotPermitted, ServiceUnavailable
from opscli.phrases import listed, say
from opscli.sources.web.addresses import is_refused
from opscli.sources.web.waiting import Outside

if TYPE_CHECKING:
    import httpcore
    import httpx


@dataclass(frozen=True, slots=True)
class GuardedBackend:
    """The network as httpcore's pool uses it (a NetworkBackend for TCP), without the forbidden addresses."""

    network: Any
    outside: Outside
    allowed: tuple[str, ...]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """A connection to one of the host's addresses. Raises NotPermitted when any of them is refused."""
        import httpcore

        failed: Exception = httpcore.ConnectError(host)
        for address in self._addresses(host, port):
            try:
                return self.network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        import httpcore

        try:
            found = list(self.outside.resolve(host, port))
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise httpcore.ConnectError(say("sources.http_no_lookup", host=host)) from error
            what = say("sources.http_no_such_host", host=host)
            raise ServiceUnavailable(what, remedy=say("sources.http_no_such_host_how")) from error
        except UnicodeError as error:
            what = say("sources.http_no_such_host", host=host)
            raise DataUnusable(what, remedy=say("sources.http_no_such_host_how")) from error
        refused = [address for address in found if is_refused(host, address, self.allowed)]
        if refused:
            what = say("sources.http_refused", host=host, address=listed(refused))
            raise NotPermitted(what, remedy=say("sources.http_refused_how", host=host))
        return found


def open_transport(outside: Outside, *, allowed: tuple[str, ...], ca_file: Path | None) -> httpx.BaseTransport:
    """Carries one request at a time through the guard.

    A transport and no client: that one would know of proxies, .netrc and cookies, and look into redirects itself.
    """
    import httpcore

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below, they log addresses with their queries
    backend = GuardedBackend(httpcore.SyncBackend(), outside, allowed)
    pool = httpcore.ConnectionPool(
        ssl_context=_verifying(ca_file), network_backend=cast("httpcore.NetworkBackend", backend), max_connections=1
    )
    return _transport(pool)


def _verifying(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are verified by the machine's authorities (certifi's where it has none), and by `ca_file`."""
    import certifi

    context = ssl.create_default_context()
    if not context.get_ca_certs() and not any(map(_stands, ssl.get_default_verify_paths()[:2])):
        context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            what = say("sources.http_ca_file", path=ca_file, error=error.strerror or type(error).__name__)
            raise DataUnusable(what, remedy=say("sources.http_ca_file_how")) from error
    return context


def _stands(path: str | None) -> bool:
    return path is not None and Path(path).exists()


def _transport(pool: httpcore.ConnectionPool) -> httpx.BaseTransport:
    """The pool as a transport: httpx has no public way to bring one's own."""
    import httpcore
    import httpx

    class Body(httpx.SyncByteStream):
        def __init__(self, chunks: Any) -> None:
            self.chunks = chunks

        def __iter__(self) -> Any:
            return iter(self.chunks)

        def close(self) -> None:
            self.chunks.close()

    class Guarded(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            )
            answer = pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=url,
                    headers=request.headers.raw,
                    content=cast("Iterable[bytes]", request.stream),
                    extensions=request.extensions,
                )
            )
            return httpx.Response(
                answer.status, headers=answer.headers, stream=Body(answer.stream), extensions=answer.extensions
            )

        def close(self) -> None:
            pool.close()

    return Guarded()
