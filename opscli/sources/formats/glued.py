"""Two records on one line, because the line end between them was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opscli.sources.formats.records import Shape, closing, split
from opscli.sources.formats.shape import Profile, all_fit

_LONGEST = 64_000


def unglued(text: str, shape: Shape, columns: Sequence[Profile]) -> list[str]:
    """The texts of both records, where there is one place only at which a new one can begin; empty otherwise."""
    first = columns[0]
    many = text.count(shape.delimiter) >= 2 * (shape.width - 1)
    if shape.width == 1 or not many or len(text) > _LONGEST or not (first.telling and first.well_known):
        return []
    found = list(_pairs(text, shape, columns))
    return list(found[0]) if len(found) == 1 else []


def _pairs(text: str, shape: Shape, columns: Sequence[Profile]) -> Iterator[tuple[str, str]]:
    for cut in _cuts(text, shape):
        left = text[:cut]
        cells, problem = split(left, shape)
        if problem or left.endswith(" ") or not all_fit(cells, columns) or not columns[-1].resembles(cells[-1]):
            continue
        rest = text[cut:].lstrip(" ")
        right = next(
            (it for it in (rest, rest.removeprefix(shape.delimiter)) if _begins_record(it, shape, columns)), ""
        )
        if right:
            yield left, right


def _cuts(text: str, shape: Shape) -> range:
    """Where the first record may end: behind its last cell where that is quoted, else anywhere within it."""
    start = 0
    for _ in range(shape.width - 1):
        start = _end_of_cell(text, start, shape) + len(shape.delimiter)
    end = _end_of_cell(text, start, shape)
    quoted = bool(shape.quote) and text.startswith(shape.quote, start)
    return range(end if quoted else start, min(end, len(text) - 1) + 1)


def _end_of_cell(text: str, start: int, shape: Shape) -> int:
    if shape.quote and text.startswith(shape.quote, start):
        end = closing(text, start + 1, shape)
        return end + 1 if end >= 0 else len(text)
    end = text.find(shape.delimiter, start)
    return end if end >= 0 else len(text)


def _begins_record(text: str, shape: Shape, columns: Sequence[Profile]) -> bool:
    """A whole record, or one whose last cell so far goes on in the next line."""
    cells, problem = split(text, shape)
    if not cells or not cells[0].strip() or not columns[0].resembles(cells[0]):
        return False
    if problem == "unclosed_quote":
        return len(cells) < shape.width and all_fit(cells, columns[: len(cells)])
    return not problem and all_fit(cells, columns)
