"""One difference between two configurations, as a value: what, where, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from opscli.config.document import Place
from opscli.config.sameness import MISSING

Operation = Literal["added", "removed", "changed", "renamed", "reordered", "moved"]


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of the way to a difference: a key, or (with `name`) an item of a list or map. `labels` by language."""

    key: str
    name: str = ""
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. The places are in the older and the newer document; None = it is not there.

    `reordered` has the names in their orders as before and after; `renamed` the names; `moved` the documents that an
    item of a list stood in and stands in. `reason` says why an order matters, by language. `assumed` = nobody stated
    the rename, but the content is the same.
    """

    operation: Operation
    kind: str
    document: str
    trail: tuple[Crumb, ...] = ()
    form: str = ""
    before: Any = MISSING
    after: Any = MISSING
    by_default: tuple[bool, bool] = (False, False)
    old: tuple[str, Place] | None = None
    new: tuple[str, Place] | None = None
    reach: bool = False
    reason: Mapping[str, str] | None = None
    following: str = ""
    assumed: bool = False
    container: bool = False
