"""One service, asked with patience: paced, retried, redirected within bounds, each refusal told with its remedy."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from opscli.config.hidden import hide
from opscli.errors import DataUnusable, NotPermitted, OpscliError, ServiceUnavailable
from opscli.outcome import printable
from opscli.phrases import say
from opscli.sources.web.credentials import Credentials
from opscli.sources.web.requests import Answer, Ask, BrokenOff, read_body
from opscli.sources.web.waiting import LONGEST_WAIT, Outside, Pace, asked_to_wait, backoff

if TYPE_CHECKING:
    import httpx

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_AGAIN = (408, 425, 429)
"""Besides every 5xx: a time-out of the server, too early, too many requests."""
_QUOTED = 200
_SHOWN_MINUTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A transport with the credentials of one source and the manners that it states."""

    transport: httpx.BaseTransport
    credentials: Credentials
    origin: str
    outside: Outside
    pace: Pace
    timeout: float
    retries: int

    def fetch(self, ask: Ask) -> Answer:
        """The answer to a request, a success. Raises ServiceUnavailable, NotPermitted or DataUnusable."""
        self.credentials.ready(self._fetch_token)
        answer = self._patiently(ask)
        if answer.status == 401 and self.credentials.forget_token():  # noqa: PLR2004
            self.credentials.ready(self._fetch_token)
            answer = self._patiently(ask)
        return _accepted(answer, ask)

    def _fetch_token(self, ask: Ask) -> Answer:
        return _accepted(self._patiently(ask), ask)

    def _patiently(self, ask: Ask) -> Answer:
        """Ask again, as a whole, after what may pass by itself."""
        import httpcore
        import httpx

        transport = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpx.TransportError)
        for attempt in range(self.retries + 1):
            wait: float | None = None
            try:
                answer = self._followed(ask)
            except (*transport, BrokenOff) as error:
                reason = _reason(error, ask)
            else:
                if answer.status < 500 and answer.status not in _AGAIN:  # noqa: PLR2004
                    return answer
                reason = say("sources.http_status", status=answer.status)
                wait = asked_to_wait(answer.headers)
                if wait is not None and wait > LONGEST_WAIT:
                    raise _asks_to_wait(ask, answer.status, wait)
            if attempt < self.retries:
                self.outside.sleep(backoff(attempt) if wait is None else wait)
        what = say("sources.http_gave_up", what=ask.what, page=ask.page, reason=reason, count=self.retries + 1)
        raise ServiceUnavailable(what, remedy=say("sources.http_gave_up_how"))

    def _followed(self, ask: Ask) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(ask)
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not target:
                return answer
            ask = _redirected(ask, answer.status, target)
        raise DataUnusable(
            say("sources.http_redirects", what=ask.what, count=_MAX_REDIRECTS), remedy=say("sources.http_redirects_how")
        )

    def _once(self, ask: Ask) -> Answer:
        import httpx

        self.pace.wait()
        url = parsed(ask.url, ask)
        own = origin_of(url) == self.origin and not ask.for_token
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "opscli", **ask.headers}
        headers |= self.credentials.all_headers() if own else {}
        params = {**ask.params, **(self.credentials.params if own else {})}
        url = url.copy_merge_params(params) if params else url
        patience = {"timeout": httpx.Timeout(self.timeout).as_dict()}
        request = httpx.Request(ask.method, url, headers=headers, content=ask.content, extensions=patience)
        with _closing(self.transport.handle_request(request)) as response:
            return Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=read_body(response, ask, self.timeout, self.outside.now),
                url=ask.url,
                links={str(rel): link["url"] for rel, link in response.links.items() if "url" in link},
            )


def parsed(url: str, ask: Ask, base: str = "") -> httpx.URL:
    """A URL that was asked for or that the service wrote, by the parser that connects. Raises DataUnusable."""
    import httpx

    try:
        return httpx.URL(base).join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        what = say("sources.http_bad_link", what=ask.what, page=ask.page)
        raise DataUnusable(what, remedy=say("sources.http_bad_link_how")) from error


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port."""
    return f"{url.scheme}://{url.host.rstrip('.')}:{url.port or _PORTS.get(url.scheme)}"


def moved_to(ask: Ask, target: str, base: str) -> httpx.URL:
    """Where the service leads. Raises NotPermitted where neither a redirect nor a link may lead."""
    before, after = parsed(base, ask), parsed(target, ask, base)
    host = printable(after.host, 80)
    if after.scheme not in _PORTS:
        what = say("sources.http_scheme", what=ask.what, scheme=printable(after.scheme, 20))
        raise NotPermitted(what, remedy=say("sources.http_downgrade_how"))
    if (before.scheme, after.scheme) == ("https", "http"):
        what = say("sources.http_downgrade", what=ask.what, host=host)
        raise NotPermitted(what, remedy=say("sources.http_downgrade_how"))
    return after.copy_with(fragment=None)


def _redirected(ask: Ask, status: int, target: str) -> Ask:
    """The request at its new place; to another origin it goes without headers and never with a body."""
    url = moved_to(ask, target, ask.url)
    elsewhere = origin_of(url) != origin_of(parsed(ask.url, ask))
    if elsewhere and ask.content is not None and status in (307, 308):
        what = say("sources.http_body_elsewhere", what=ask.what, host=printable(url.host, 80))
        raise NotPermitted(what, remedy=say("sources.http_downgrade_how"))
    moved = replace(ask, url=str(url), params={}, headers={} if elsewhere else ask.headers)
    if status in (301, 302, 303) and ask.method == "POST":
        return replace(moved, method="GET", content=None)
    return moved


def _accepted(answer: Answer, ask: Ask) -> Answer:
    if 200 <= answer.status < 300:  # noqa: PLR2004
        return answer
    values: Mapping[str, Any] = {"what": ask.what, "page": ask.page, "status": answer.status}
    if answer.status in (401, 403):
        raise NotPermitted(say("sources.http_denied", **values), remedy=say("sources.http_denied_how"))
    said = printable(hide(answer.body[: 4 * _QUOTED].decode("utf-8", "replace")))[:_QUOTED]
    raise Declined(say("sources.http_declined", **values, said=said), answer.status)


class Declined(DataUnusable):
    """A request that the service will not answer, however often it is asked."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what, remedy=say("sources.http_declined_how"))
        self.status = status


def _reason(error: Exception, ask: Ask) -> str:
    """A failed connection in words. Raises NotPermitted for a certificate that cannot be verified."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            what = say("sources.http_certificate", what=ask.what, error=cause.verify_message)
            raise NotPermitted(what, remedy=say("sources.http_certificate_how")) from error
        cause = cause.__cause__ or cause.__context__
    text = printable(hide(str(error)), _QUOTED)
    return say("sources.http_broken", error=text or type(error).__name__)


def _asks_to_wait(ask: Ask, status: int, wait: float) -> OpscliError:
    minutes = wait / 60
    shown = say("sources.http_minutes", count=round(minutes)) if minutes < _SHOWN_MINUTES else (
        say("sources.http_hours", count=round(minutes / 60))
    )  # fmt: skip
    what = say("sources.http_wait", what=ask.what, page=ask.page, status=status, wait=shown)
    return ServiceUnavailable(what, remedy=say("sources.http_gave_up_how"))


@contextmanager
def _closing(response: httpx.Response) -> Iterator[httpx.Response]:
    try:
        yield response
    finally:
        response.close()
