"""Names of columns, from the cells of header lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def tidy(name: str) -> str:
    """A column's name without spaces around it, and single ones within."""
    return " ".join(name.split())


def unique(cells: Sequence[str]) -> tuple[str, ...]:
    """Names as written, without spaces around them; an empty one becomes c<n>, a second `id` becomes id_2."""
    seen: Counter[str] = Counter()
    taken = {cell.strip().lower() for cell in cells}
    names = []
    for number, cell in enumerate(cells, start=1):
        name = tidy(cell) or f"c{number}"
        seen[name.lower()] += 1
        while seen[name.lower()] > 1:
            numbered = f"{name}_{seen[name.lower()]}"
            if numbered.lower() not in taken:
                name = numbered
                break
            seen[name.lower()] += 1
        names.append(name)
    return tuple(names)


def column_names(tops: Sequence[tuple[str, ...]], width: int, wanted: Sequence[str]) -> tuple[str, ...]:
    """Column names: the first header line that names every column (or all wanted ones), else all put together."""
    full = [cells for cells in tops if len(cells) == width]
    if not full:
        return tuple(f"c{number}" for number in range(1, width + 1))
    for cells in full:
        stripped = [cell.strip() for cell in cells]
        every = all(stripped) and len({cell.lower() for cell in stripped}) == width
        if every or (wanted and set(wanted) <= set(map(tidy, stripped))):
            return unique(cells)
    if len(full) == 1:
        return unique(full[0])
    spread = [_carried(cells) if place < len(full) - 1 else cells for place, cells in enumerate(full)]
    joined = []
    for parts in zip(*spread, strict=True):
        words = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
        joined.append(" ".join(words))
    return unique(joined)


def _carried(cells: Sequence[str]) -> tuple[str, ...]:
    """A name over several columns stands in the first of them only."""
    found: list[str] = []
    for cell in cells:
        found.append(cell if cell.strip() or not found else found[-1])
    return tuple(found)
