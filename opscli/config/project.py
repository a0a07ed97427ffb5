"""Kind `project`: the settings of a project, and what they are in the chosen environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opscli.clock import parse_duration, parse_instant
from opscli.config.document import Document, Place
from opscli.config.load import DEFAULT_ENVIRONMENT
from opscli.config.validate import did_you_mean
from opscli.errors import UsageError
from opscli.outcome import Issue
from opscli.phrases import say

Reference = str | Mapping[str, object]
"""A text, or where a secret is kept (config.secrets)."""

DEFAULT_WAREHOUSE = "duckdb:///.opscli/warehouse.duckdb"
DEFAULT_STATE = "sqlite:///.opscli/state.db"
DEFAULT_RETENTION = {"rejects": "90d", "contexts": "30d", "logs": "90d"}

_PASSWORD_IN_URL = re.compile(r"://[^/@]*:[^/@]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Guards of a run; None = no guard."""

    max_recipients: int | None = None
    max_delta: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds in one environment."""

    warehouse: Reference
    state: Reference
    id_key: Reference
    limits: Limits
    holdout: float
    clock: str | None
    live: bool = False
    redirect_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """The project file; `environments` hold only what differs there."""

    name: str
    timezone: str
    currency: str
    locale: str
    country: str
    warehouse: Reference
    state: Reference
    id_key: Reference
    limits: Mapping[str, Any]
    holdout: float
    retention: Mapping[str, timedelta]
    allow_paths: tuple[str, ...]
    clock: str | None
    environments: Mapping[str, Mapping[str, Any]]
    extends: str
    document: Document

    def settings(self, environment: str) -> Settings:
        """The settings of an environment. Raises UsageError when the file has none of that name."""
        if environment not in (*self.environments, DEFAULT_ENVIRONMENT):
            names = [*self.environments, DEFAULT_ENVIRONMENT]
            raise UsageError(
                say("config.unknown_environment", environment=environment), remedy=did_you_mean(environment, names)
            )
        own = self.environments.get(environment, {})
        limits = {**self.limits, **own.get("limits", {})}
        delta = limits.get("max_delta")
        return Settings(
            warehouse=own.get("warehouse", self.warehouse),
            state=own.get("state", self.state),
            id_key=own.get("id_key", self.id_key),
            limits=Limits(
                max_recipients=limits.get("max_recipients"), max_delta=None if delta is None else parse_share(delta)
            ),
            holdout=parse_share(own["holdout"]) if "holdout" in own else self.holdout,
            clock=own.get("clock", self.clock),
            live=own.get("live", False),
            redirect_to=own.get("redirect_to"),
        )

    def zone_exists(self) -> bool:
        """Whether the business zone is one that this machine knows."""
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            return False
        return True

    def shown(self, environment: str) -> dict[str, Any]:
        """What holds in an environment, as plain data for output (still to be redacted)."""
        here = self.settings(environment)
        return {
            "name": self.name,
            "environment": environment,
            **({"extends": self.extends} if self.extends else {}),
            "live": here.live,
            "redirect_to": here.redirect_to,
            "timezone": self.timezone,
            "currency": self.currency,
            "country": self.country,
            "locale": self.locale,
            "warehouse": here.warehouse,
            "state": here.state,
            "clock": here.clock,
            "holdout": here.holdout,
            "limits": {"max_recipients": here.limits.max_recipients, "max_delta": here.limits.max_delta},
            "retention": {key: f"{length.days}d" for key, length in self.retention.items()},
        }


def parse(document: Document) -> ProjectSpec:
    """The settings with their defaults."""
    data = document.data
    retention = {**DEFAULT_RETENTION, **data.get("retention", {})}
    return ProjectSpec(
        name=document.name,
        timezone=data.get("timezone", "UTC"),
        currency=data.get("currency", "EUR"),
        locale=data.get("locale", "en"),
        country=data.get("country", "GB"),
        warehouse=data.get("warehouse", DEFAULT_WAREHOUSE),
        state=data.get("state", DEFAULT_STATE),
        id_key=data.get("id_key", document.name),
        limits=data.get("limits", {}),
        holdout=parse_share(data.get("holdout", 0)),
        retention={key: parse_duration(text) for key, text in retention.items()},
        allow_paths=tuple(data.get("allow_paths", ())),
        clock=data.get("clock"),
        environments=data.get("environments", {}),
        extends=data.get("extends", ""),
        document=document,
    )


def provides(spec: ProjectSpec) -> Iterable[Any]:  # noqa: ARG001  settings are no names that others use
    """Nothing."""
    return ()


def check(spec: ProjectSpec, catalog: object) -> Iterable[Issue]:  # noqa: ARG001  settings lean on no other document
    """Unknown zone, a clock that is no instant, passwords in addresses, a default environment that would be live."""
    document = spec.document
    if not spec.zone_exists():
        how = say("config.zone_how")
        yield document.issue(("timezone",), say("config.unknown_zone", zone=spec.timezone), how=how)
    if spec.environments.get(DEFAULT_ENVIRONMENT, {}).get("live"):
        why = say("config.default_live_why")
        live: Place = ("environments", DEFAULT_ENVIRONMENT, "live")
        yield document.issue(
            live,
            say("config.default_live", environment=DEFAULT_ENVIRONMENT),
            why=why,
            how=say("config.default_live_how"),
        )
    places: list[tuple[Place, Mapping[str, Any]]] = [((), document.data)]
    places += [(("environments", name), own) for name, own in spec.environments.items()]
    for place, data in places:
        yield from _value_issues(document, place, data)


def parse_share(value: object) -> float:
    """`5%` or 0.05 as a share, 0..1. Raises ValueError when it is outside."""
    text = str(value).strip()
    share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if not 0 <= share <= 1:
        raise ValueError(say("config.no_share", value=value))
    return share


def _value_issues(document: Document, place: Place, data: Mapping[str, Any]) -> Iterable[Issue]:
    for key in ("warehouse", "state"):
        if isinstance(data.get(key), str) and _PASSWORD_IN_URL.search(data[key]):
            why, how = say("config.password_why"), f"{key}: {{env: OPS_{key.upper()}}}"
            yield document.issue((*place, key), say("config.password_in_url", key=key), why=why, how=how)
    if "clock" in data:
        try:
            parse_instant(data["clock"])
        except ValueError as error:
            yield document.issue((*place, "clock"), str(error))
