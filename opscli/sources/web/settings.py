"""Settings of a source of type `http`, as frozen values of a schema-valid document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opscli.clock import parse_duration

Secret = Mapping[str, Any]
"""A reference, such as {env: NAME}; its value is read at use."""
_SIZE = 100
_MAX_PAGES = 10_000
_START_OF = {"page": 1, "offset": 0}
_PARAM_OF = {"page": "page", "offset": "offset", "cursor": "cursor"}
_SECONDS_IN = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Client credentials (RFC 6749, 4.4). `in_body` = id and secret travel in the form instead of the Basic header."""

    token_url: str
    client_id: str | Secret
    client_secret: Secret
    scope: str = ""
    in_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """User and password."""

    user: str | Secret
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key in the header or the query parameter of that name."""

    value: Secret
    header: str = ""
    param: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How the service knows us: one of these, or none."""

    bearer: Secret | None = None
    basic: Basic | None = None
    api_key: ApiKey | None = None
    oauth2: OAuth2 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """How the service hands over one page after the other. `next`, `total` and `pages` are JSONPaths."""

    style: str = "none"
    param: str = ""
    start: int = 0
    size_param: str = ""
    size: int = 0
    """Rows that a page is asked for; 0 = whatever the service gives."""
    next: str = ""
    total: str = ""
    pages: str = ""
    max_pages: int = _MAX_PAGES
    in_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The parameter that asks for rows from a cursor value on, and how instants are written there."""

    param: str
    format: str = "iso"
    in_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Settings of an HTTP source. `timeout` is in seconds, `rate_limit` the seconds between two requests."""

    url: str
    method: str = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    auth: Auth = field(default_factory=Auth)
    records: str = ""
    pagination: Pagination = field(default_factory=Pagination)
    since: Since | None = None
    rate_limit: float = 0.0
    timeout: float = 30.0
    retries: int = 5
    allow_hosts: tuple[str, ...] = ()
    ca_file: str = ""


def read(data: Mapping[str, Any]) -> HttpSettings:
    """Settings of a schema-valid document."""
    return HttpSettings(
        url=str(data["url"]),
        method=str(data.get("method", "GET")),
        params=data.get("params", {}),
        headers=data.get("headers", {}),
        body=data.get("body"),
        auth=_auth(data.get("auth", {})),
        records=str(data.get("records", "")),
        pagination=_pagination(data.get("pagination", {})),
        since=Since(**data["since"]) if "since" in data else None,
        rate_limit=_seconds_between(data["rate_limit"]) if "rate_limit" in data else 0.0,
        timeout=parse_duration(data.get("timeout", "30s")).total_seconds(),
        retries=int(data.get("retries", 5)),
        allow_hosts=tuple(data.get("allow_hosts", ())),
        ca_file=str(data.get("ca_file", "")),
    )


def _auth(stated: Mapping[str, Any]) -> Auth:
    ways = {"bearer": lambda value: value, "basic": _of(Basic), "api_key": _of(ApiKey), "oauth2": _of(OAuth2)}
    return Auth(**{way: ways[way](value) for way, value in stated.items()})


def _of(type_: Any) -> Any:
    return lambda value: type_(**value)


def _pagination(stated: Mapping[str, Any]) -> Pagination:
    style = str(stated.get("style", "none"))
    defaults: dict[str, Any] = {"param": _PARAM_OF.get(style, ""), "start": _START_OF.get(style, 0)}
    if style == "offset":
        defaults |= {"size_param": "limit", "size": _SIZE}
    return Pagination(**{**defaults, **stated})


def _seconds_between(limit: str) -> float:
    """`5 per second` is a request every 0.2 seconds: spread out, so that no window of the service ever overflows."""
    number, _, unit = limit.partition(" per ")
    return _SECONDS_IN[unit] / int(number)
