"""What can be wrong with the settings of an HTTP source before anything is asked, each with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from opscli.config.document import Document, Place
from opscli.config.secrets import is_reference
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.sources.web.addresses import is_refused, literal_address
from opscli.sources.web.documents import compiled
from opscli.sources.web.settings import HttpSettings

_USED = {
    "none": {"style"},
    "link": {"style", "next", "size_param", "size", "max_pages"},
    "page": {"style", "param", "start", "size_param", "size", "total", "pages", "max_pages", "in_body"},
    "offset": {"style", "param", "start", "size_param", "size", "total", "max_pages", "in_body"},
    "cursor": {"style", "param", "next", "size_param", "size", "max_pages", "in_body"},
}
_PATHS: tuple[Place, ...] = (("records",), ("pagination", "next"), ("pagination", "total"), ("pagination", "pages"))
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}
_SECRET_PARAMS = re.compile(r"(api_?key|access_?token|auth_?token|client_?secret|password|secret)", re.IGNORECASE)
_OUR_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}


def issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    """Every problem of the settings that the schema cannot see."""
    yield from _address_issues(spec, spec.url, ("url",), document)
    if spec.auth.oauth2 is not None:
        yield from _address_issues(spec, spec.auth.oauth2.token_url, ("auth", "oauth2", "token_url"), document)
    yield from _secret_issues(spec, document)
    yield from _clear_text_issues(spec, document)
    yield from _body_issues(spec, document)
    yield from _pagination_issues(spec, document)
    yield from _path_issues(document)
    yield from _cursor_issues(spec, document)
    if not spec.timeout:
        yield document.issue(("timeout",), say("sources.http_no_time"), how="timeout: 30s")


def _address_issues(spec: HttpSettings, url: str, place: Place, document: Document) -> Iterator[Issue]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host:
        yield document.issue(place, say("sources.http_bad_url"), how=say("sources.http_bad_url_how"))
        return
    if "@" in parts.netloc:
        yield document.issue(
            place,
            say("sources.http_user_in_url"),
            why=say("config.secret_why", place=place[-1]),
            how="auth: {basic: {user: {env: API_USER}, password: {env: API_PASSWORD}}}",
        )
    address = literal_address(host)
    if address is not None and is_refused(host, address, spec.allow_hosts):
        how = say("sources.http_refused_how", host=host)
        yield document.issue(place, say("sources.http_refused", host=host, address=address), how=how)


def _secret_issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    """Secrets as plain text, where their name gives them away; headers that are not the source's to set."""
    for name, value in spec.headers.items():
        if name.lower() in _OUR_HEADERS:
            yield document.issue(("headers", name), say("sources.http_own_header", name=name))
        elif name.lower() in _SECRET_HEADERS and not is_reference(value):
            yield _plain_secret(("headers", name), document)
    for name, value in spec.params.items():
        if _SECRET_PARAMS.fullmatch(name) and not is_reference(value):
            yield _plain_secret(("params", name), document)
    if any(_SECRET_PARAMS.fullmatch(name) for name, _ in parse_qsl(urlsplit(spec.url).query)):
        yield _plain_secret(("url",), document)
    key = spec.auth.api_key
    if key is not None and bool(key.header) == bool(key.param):
        yield document.issue(("auth", "api_key"), say("sources.http_key_where"), how="header: X-API-Key")


def _plain_secret(place: Place, document: Document) -> Issue:
    why = say("config.secret_why", place=place[-1])
    return document.issue(place, say("config.secret_in_file"), why=why, how=say("config.secret_how"))


def _clear_text_issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    """Secrets on an unencrypted connection, unless its host is listed as one's own."""
    secrets = (*spec.headers.values(), *spec.params.values(), *_stated_auth(spec))
    urls: list[tuple[str, Place]] = [(spec.url, ("url",))] if any(map(is_reference, secrets)) else []
    if spec.auth.oauth2 is not None:
        urls = [(spec.url, ("url",)), (spec.auth.oauth2.token_url, ("auth", "oauth2", "token_url"))]
    for url, place in urls:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in spec.allow_hosts:
            what = say("sources.http_clear_text")
            yield document.issue(place, what, how=say("sources.http_clear_text_how", host=parts.hostname))


def _stated_auth(spec: HttpSettings) -> Iterator[Any]:
    auth = spec.auth
    yield auth.bearer
    yield auth.basic.password if auth.basic else None
    yield auth.api_key.value if auth.api_key else None


def _body_issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    if spec.method == "POST":
        return
    if spec.body is not None:
        yield document.issue(("body",), say("sources.http_no_body", key="body"), how="method: POST")
    for key, stated in (("pagination", spec.pagination), ("since", spec.since)):
        if stated is not None and stated.in_body:
            yield document.issue(
                (key, "in_body"), say("sources.http_no_body", key=f"{key}.in_body"), how="method: POST"
            )


def _pagination_issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    stated = document.data.get("pagination", {})
    style = spec.pagination.style
    for key in stated:
        if key not in _USED[style]:
            what = say("sources.http_unused", key=key, style=style)
            others = listed(name for name, used in _USED.items() if key in used)
            yield document.issue(("pagination", key), what, how=say("sources.http_unused_how", styles=others))
    if style == "cursor" and not spec.pagination.next:
        what = say("sources.http_no_token_path")
        yield document.issue(("pagination",), what, how="next: $.next_cursor")
    if bool(spec.pagination.size_param) != bool(spec.pagination.size) and style in ("link", "cursor"):
        how = "size: 100" if spec.pagination.size_param else "size_param: limit"
        yield document.issue(("pagination",), say("sources.http_half_size"), how=how)
    if style == "page" and "size_param" in stated and not spec.pagination.size:
        yield document.issue(("pagination", "size_param"), say("sources.http_half_size"), how="size: 100")


def _path_issues(document: Document) -> Iterator[Issue]:
    for place in _PATHS:
        value: Any = document.data
        for key in place:
            value = value.get(key, {}) if isinstance(value, dict) else {}
        if isinstance(value, str):
            try:
                compiled(value)
            except ValueError as error:
                what = say("sources.http_bad_path", path=value, error=error)
                yield document.issue(place, what, how=say("sources.http_bad_path_how"))


def _cursor_issues(spec: HttpSettings, document: Document) -> Iterator[Issue]:
    """A cursor needs the parameter, and the parameter a cursor."""
    has_column = isinstance(document.data.get("cursor"), dict)
    if spec.since is not None and not has_column:
        yield document.issue(("since",), say("sources.http_since_alone"), how="cursor: {column: updated_at}")
    if spec.since is None and has_column:
        how = "since: {param: updated_since, format: iso}"
        yield document.issue(("cursor",), say("sources.http_cursor_alone"), how=how)
