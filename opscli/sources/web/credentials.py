"""What is added to a request so that the service knows us; values are read from their references here and nowhere else.

They go to the origin (scheme, host and port) that the source states and to no other.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

from opscli.config.hidden import register
from opscli.config.secrets import is_reference, resolve
from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.sources.web.requests import Answer, Ask, label_of
from opscli.sources.web.settings import HttpSettings, OAuth2
from opscli.sources.web.waiting import Outside

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_EARLY = 30.0
"""Seconds before its end at which a token is replaced, so that none expires on its way."""
Post = Callable[[Ask], Answer]
"""Sends a token request."""


@dataclass(slots=True, kw_only=True)
class Credentials:
    """Headers and query parameters of one source, with the token where there is one."""

    headers: dict[str, str]
    params: dict[str, str]
    oauth2: OAuth2 | None = None
    root: Path
    outside: Outside
    _token: str = field(default="", repr=False)
    _good_until: float = 0.0

    def ready(self, post: Post) -> None:
        """Fetch a token where one is needed and none is good."""
        if self.oauth2 is not None and (not self._token or self.outside.now() >= self._good_until):
            self._fetch(self.oauth2, post)

    def forget_token(self) -> bool:
        """The service refused the token; whether a new one can be had."""
        self._token = ""
        return self.oauth2 is not None

    def all_headers(self) -> dict[str, str]:
        """Headers to send to the source's own origin."""
        return {**self.headers, "Authorization": f"Bearer {self._token}"} if self._token else self.headers

    def _fetch(self, way: OAuth2, post: Post) -> None:
        answer = post(_token_request(way, self.root))
        try:
            found = json.loads(answer.body)
            token, lifetime = _ascii(found["access_token"]), float(found.get("expires_in") or "inf")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = say("sources.http_no_token", what=label_of(way.token_url), error=type(error).__name__)
            raise DataUnusable(what, remedy=say("sources.http_no_token_how")) from None
        register(token)
        self._token = token
        self._good_until = self.outside.now() + max(lifetime - _EARLY, lifetime / 2)


def read_credentials(spec: HttpSettings, root: Path, outside: Outside) -> Credentials:
    """Read every secret that the settings refer to. Raises SecretMissing."""
    headers = {name: header_text(name, value, root) for name, value in spec.headers.items()}
    params = {name: _text(value, root) for name, value in spec.params.items() if is_reference(value)}
    auth = spec.auth
    if auth.bearer is not None:
        headers["Authorization"] = header_text("Authorization", auth.bearer, root, "Bearer ")
    if auth.basic is not None:
        pair = f"{_text(auth.basic.user, root)}:{_text(auth.basic.password, root)}"
        headers["Authorization"] = _basic(pair)
    if auth.api_key is not None and auth.api_key.header:
        headers[auth.api_key.header] = header_text(auth.api_key.header, auth.api_key.value, root)
    elif auth.api_key is not None:
        params[auth.api_key.param] = _text(auth.api_key.value, root)
    return Credentials(headers=headers, params=params, oauth2=auth.oauth2, root=root, outside=outside)


def plain_params(stated: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters that are no secrets, as texts: numbers and true/false as JSON writes them."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in stated.items()
        if not is_reference(value)
    }


def header_text(name: str, value: str | Mapping[str, Any], root: Path, before: str = "") -> str:
    """A header's value. Raises DataUnusable for one that would break the request, without showing it."""
    text = before + _text(value, root)
    if not _HEADER_VALUE.fullmatch(text):
        raise DataUnusable(say("sources.http_header", name=name), remedy=say("sources.http_header_how"))
    return text


def _token_request(way: OAuth2, root: Path) -> Ask:
    user, secret = _text(way.client_id, root), _text(way.client_secret, root)
    form = {"grant_type": "client_credentials", **({"scope": way.scope} if way.scope else {})}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if way.in_body:
        form |= {"client_id": user, "client_secret": secret}
    else:
        headers["Authorization"] = _basic(f"{quote_plus(user)}:{quote_plus(secret)}")
    return Ask(
        what=label_of(way.token_url), url=way.token_url, method="POST", headers=headers,
        content=urlencode(form).encode(), for_token=True,
    )  # fmt: skip


def _basic(pair: str) -> str:
    packed = base64.b64encode(pair.encode()).decode("ascii")
    register(packed)
    return f"Basic {packed}"


def _text(value: str | Mapping[str, Any], root: Path) -> str:
    return resolve(value, root).reveal()


def _ascii(token: object) -> str:
    if not (isinstance(token, str) and token.isascii() and token.isprintable()) or not token:
        raise ValueError
    return token
