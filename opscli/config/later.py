"""Values worked out when they are first asked for: commands open a kept project and need little of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, overload

Key = TypeVar("Key")
Value_co = TypeVar("Value_co", covariant=True)
Item_co = TypeVar("Item_co", covariant=True)


class LaterMapping(Mapping[Key, Value_co]):
    """A mapping that `make` fills at the first question; `size` answers `len()` without it."""

    __slots__ = ("_made", "_make", "_size")

    def __init__(self, make: Callable[[], Mapping[Key, Value_co]], size: int | None = None) -> None:
        self._make = make
        self._size = size
        self._made: Mapping[Key, Value_co] | None = None

    def _all(self) -> Mapping[Key, Value_co]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: Key) -> Value_co:
        return self._all()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all()) if self._size is None else self._size


class LaterSequence(Sequence[Item_co]):
    """A sequence that `make` fills at the first question; its length is known before."""

    __slots__ = ("_made", "_make", "_size")

    def __init__(self, make: Callable[[], Sequence[Item_co]], size: int) -> None:
        self._make = make
        self._size = size
        self._made: Sequence[Item_co] | None = None

    def _all(self) -> Sequence[Item_co]:
        if self._made is None:
            self._made = self._make()
        return self._made

    @overload
    def __getitem__(self, index: int) -> Item_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item_co]: ...
    def __getitem__(self, index: int | slice) -> Item_co | Sequence[Item_co]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Item_co]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._size
