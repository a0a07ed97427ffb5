"""Names of columns, from the cells of header lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from opscli.sources.formats.shape import Profile, class_of


def tidy(name: str) -> str:
    """A column's name without spaces around it, and single ones within; zero bytes go."""
    return " ".join(name.replace("\0", "").split())


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


def looks_like_header(cells: Sequence[str], columns: Sequence[Profile]) -> bool:
    """The cells are names: most of those over telling columns could not stand in them, and none is a value itself."""
    pairs = [(cell.strip(), column) for cell, column in zip(cells, columns, strict=True)]
    over = [(cell, column) for cell, column in pairs if cell and column.telling]
    strange = sum(column.is_foreign(cell) for cell, column in over)
    return bool(over) and 2 * strange > len(over)


def could_be_names(cells: Sequence[str]) -> bool:
    """None of the cells is a value, such as a number or a date."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and not any(
        class_of(cell) in ("number", "date", "time", "moment", "address", "link") for cell in filled
    )


def is_foreign(cells: Sequence[str], columns: Sequence[Profile]) -> bool:
    """In most of the columns that are telling, the cells are no values."""
    over = [(cell, column) for cell, column in zip(cells, columns, strict=False) if cell.strip() and column.telling]
    strange = sum(not column.fits(cell) for cell, column in over)
    return strange > 1 and 2 * strange > len(over)


def names_others(cells: Sequence[str], below: Sequence[str], columns: Sequence[Profile]) -> bool:
    """The cells name other columns than these, and the row below them is foreign here too."""
    if len(below) != len(cells) or len(set(cells)) < len(cells) or not all(cell.strip() for cell in cells):
        return False
    return could_be_names(cells) and is_foreign(cells, columns) and is_foreign(below, columns)
