"""How a reader fared with a file: every row of it is whole, rejected, lost without a word, or has wrong cells."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from difflib import SequenceMatcher

from tests.dirty_csv.files import DirtyFile, Record
from tests.dirty_csv.readers import Loaded
from tests.dirty_csv.tables import Row

_ALIKE = 0.3
"""A loaded row with so many cells of a true one is taken for it."""


@dataclass(slots=True)
class Score:
    """Counts of rows, of cells, and of files that were refused or whose names are other ones."""

    files: int = 0
    rows: int = 0
    whole: int = 0
    rejected: int = 0
    lost: int = 0
    shifted: int = 0
    invented: int = 0
    cells: int = 0
    recovered: int = 0
    misnamed: int = 0
    refused: int = 0
    details: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Count another file, or group, too."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    @property
    def share(self) -> float:
        """Share of the cells that were recovered."""
        return self.recovered / self.cells if self.cells else 1.0

    @property
    def faults(self) -> int:
        """Rows that are not what they seem: lost, shifted, invented."""
        return self.lost + self.shifted + self.invented


def refused(file: DirtyFile, why: str) -> Score:
    """The score of a reader that gave up: nothing is read, and it says so."""
    found = Score(files=1, rows=len(file.records), rejected=len(file.records), cells=file.cells, refused=1)
    found.details.append(f"refused: {why}")
    return found


def score(file: DirtyFile, loaded: Loaded) -> Score:
    """Compare what was loaded with the truth."""
    found = Score(files=1, rows=len(file.records), cells=file.cells)
    rows = list(_in_order_of_names(file, loaded))
    known = {tidy(cells): tidy(record.cells) for record in file.records for cells in record.also}
    known |= {tidy(record.cells): tidy(record.cells) for record in file.records}
    truth = [tidy(record.cells) for record in file.records]
    read = [known.get(row, row) for row in rows]
    pairs, loose = _aligned(truth, read)
    missing = []
    for place, record in enumerate(file.records):
        if place not in pairs:
            missing.append(record)
            continue
        row = read[pairs[place]]
        same = sum(a == b for a, b in zip(truth[place], row, strict=False))
        found.recovered += same
        if row == truth[place]:
            found.whole += 1
        else:
            found.shifted += 1
            found.details.append(f"shifted: line {record.first}: {_short(row)}")
    _judge_missing(missing, loaded.rejects, found)
    found.invented = len(loose)
    found.details += [f"invented: {_short(read[place])}" for place in loose[:3]]
    if _misnamed(file, loaded):
        found.misnamed = 1
        found.details.append(f"names: {_short(loaded.names)}")
    return found


def tidy(cells: Sequence[str]) -> Row:
    """Cells without spaces around them, with one kind of line break."""
    return tuple(cell.strip().replace("\r\n", "\n") for cell in cells)


def _in_order_of_names(file: DirtyFile, loaded: Loaded) -> Iterator[Row]:
    """Rows with their cells under the true names; a name that is not there stands for its place."""
    width = len(file.names) or max((len(record.cells) for record in file.records), default=0)
    counts = Counter(loaded.names)
    order = list(range(width))
    for place, names in enumerate(file.names):
        known = [name for name in names if counts[name] == 1]
        if known and not (place < len(loaded.names) and loaded.names[place] in names):
            order[place] = loaded.names.index(known[0])
    rest = [place for place in range(len(loaded.names)) if place not in order]
    for row in loaded.rows:
        cells = tidy([row[place] if place < len(row) else "" for place in order])
        more = tidy([row[place] for place in rest if place < len(row)] + row[len(loaded.names) :])
        yield (*cells, *more) if any(more) else cells


def _aligned(truth: Sequence[Row], read: Sequence[Row]) -> tuple[dict[int, int], list[int]]:
    """Place of a true row → place of the loaded one that it is; and the loaded ones that are none."""
    pairs: dict[int, int] = {}
    blocks = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(a=truth, b=read, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs.update(zip(range(a1, a2), range(b1, b2), strict=True))
        else:
            blocks.append((range(a1, a2), range(b1, b2)))
    left = defaultdict[Row, deque[int]](deque)
    for _, loaded in blocks:
        for place in loaded:
            left[read[place]].append(place)
    moved = [place for missing, _ in blocks for place in missing]
    pairs |= {place: left[truth[place]].popleft() for place in moved if left[truth[place]]}
    for missing, loaded in blocks:
        _pair_alike([place for place in missing if place not in pairs], loaded, (truth, read), pairs)
    used = set(pairs.values())
    return pairs, [place for place in range(len(read)) if place not in used]


def _pair_alike(
    missing: Sequence[int], loaded: Sequence[int], rows: tuple[Sequence[Row], Sequence[Row]], pairs: dict[int, int]
) -> None:
    """Pair each missing row with the loaded one beside it that shares most of its cells, if it shares enough."""
    truth, read = rows
    used = set(pairs.values())
    free = [place for place in loaded if place not in used]
    for place in missing:
        best = max(free, key=lambda other: _likeness(truth[place], read[other]), default=None)
        if best is not None and _likeness(truth[place], read[best]) >= _ALIKE:
            pairs[place] = best
            free.remove(best)


def _likeness(mine: Row, theirs: Row) -> float:
    same = sum(a == b and bool(a) for a, b in zip(mine, theirs, strict=False))
    moved = len({cell for cell in mine if cell} & set(theirs))
    return max(same, moved) / max(sum(map(bool, mine)), 1)


def _judge_missing(missing: Sequence[Record], rejects: Sequence[tuple[int, str]], found: Score) -> None:
    """A missing row is rejected when a reject stands at its lines, or one of its own at a neighbour's."""
    spans = [(line, line + raw.count("\n")) for line, raw in rejects]
    unused = set(range(len(spans)))
    later = []
    for record in missing:
        at = [number for number, (first, last) in enumerate(spans) if first <= record.last and last >= record.first]
        unused -= set(at)
        found.rejected += bool(at)
        if not at:
            later.append(record)
    for record in later:
        near = [
            number for number in unused if spans[number][0] <= record.last + 1 and spans[number][1] >= record.first - 1
        ]
        if near:
            unused.remove(near[0])
            found.rejected += 1
        else:
            found.lost += 1
            found.details.append(f"lost: line {record.first}: {_short(record.cells)}")


def _misnamed(file: DirtyFile, loaded: Loaded) -> bool:
    if not file.records:
        return False
    pairs = zip(file.names, (*loaded.names, *("",) * len(file.names)), strict=False)
    return any(bool(names) and " ".join(name.split()) not in names for names, name in pairs)


def _short(cells: Sequence[str]) -> str:
    return " | ".join(cell if len(cell) < 40 else f"{cell[:37]}…" for cell in cells)[:300]
