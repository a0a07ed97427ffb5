"""Stage a delimited file: whole through the engine where it is sound, else sound lines in bulk, others singly."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path

from opscli.engine.warehouse import Session
from opscli.sources.formats.behind import Behind, is_nearly_empty, is_total
from opscli.sources.formats.encoding import TextFile
from opscli.sources.formats.layout import Layout
from opscli.sources.formats.lines import body
from opscli.sources.formats.reader import Batch, Left, Reader, Row
from opscli.sources.formats.records import NONE, Shape, split
from opscli.sources.formats.repair import MAX_CELL, Outcome
from opscli.sources.formats.rows import LINE, ReadRequest, Repair, insert_rejects, insert_repairs, text_literal
from opscli.sources.formats.tally import Tally, tally

_TAIL_BYTES = 1 << 16
_DELIMITER_BYTES = 4
"""The longest delimiter that the engine takes."""
_LONGEST_RAW = 1 << 16
"""Characters of a rejected record that are kept."""


class Staging:
    """One delimited file on its way into `request.table`."""

    def __init__(self, request: ReadRequest, session: Session, text: TextFile, layout: Layout) -> None:
        self._request = request
        self._session = session
        self._text = text
        self._layout = layout
        self.rejected = 0
        self.repairs: Counter[str] = Counter()
        self.left: list[Left] = []

    @property
    def is_sound(self) -> bool:
        """Nothing speaks against reading the whole file at once: one line end, no escapes, no totals at the end."""
        shape = self._layout.shape
        doubled = shape.escape in (NONE, shape.quote)
        short = len(shape.delimiter.encode()) <= _DELIMITER_BYTES
        plain = self._text.uniform and not self._text.has_nul and not self._text.mended_count
        return plain and doubled and short and not self._ends_strangely()

    def source(self) -> str:
        """SQL that reads the file itself, as if every line were one sound record."""
        return self._source(self._text.path, skip=self._layout.first - 1, newline=self._text.newline)

    def fast(self) -> bool:
        """Let DuckDB read the whole file under the fixed dialect; False when it is not one sound record a line."""
        skipped = self._layout.first - 1
        if not self._load(self._text.path, skip=skipped, newline=self._text.newline):
            return False
        # Fewer rows than lines: blank lines or line breaks inside quotes. No row can hide, each has at least one line.
        found = int(self._session.value(f"SELECT count(*) FROM {self._request.table}"))
        return found == self._text.lines - skipped and self._is_proven() and not self._repeats_header()

    @property
    def is_plain(self) -> bool:
        """No quote anywhere, and just as many delimiters as the rows need."""
        tally = self._tally
        return not tally.quotes and not tally.apostrophes and tally.delimiters == self._expected

    def _is_proven(self) -> bool:
        """The engine has taken no line for a record that is none."""
        if not self._tally.quotes:
            return self.is_plain
        if self._tally.apostrophes:
            return False
        quote, names = self._session.dialect.quote, self._layout.names
        mark = text_literal(self._layout.shape.quote)
        stray = " OR ".join(f"contains({quote(name)}, {mark})" for name in names)
        if self._session.rows(f"SELECT 1 FROM {self._request.table} WHERE {stray} LIMIT 1"):
            return False
        return self._layout.width == 1 or self._empty_at_ends() == self._tally.ending

    def _empty_at_ends(self) -> tuple[int, ...]:
        """Rows whose last cell is empty, whose last two are, and so on, as far as the tally goes."""
        names = [self._session.dialect.quote(name) for name in reversed(self._layout.names)]
        ending = self._tally.ending
        # Behind the first zero there are only zeros, on both sides.
        counted = ending.index(0) + 1 if 0 in ending else len(ending)
        ends = [names[: count + 1] for count in range(counted)]
        full = ", ".join(f"count(*) - count({_any_of(end)})" for end in ends)
        found = map(int, self._session.rows(f"SELECT {full} FROM {self._request.table}")[0])
        return (*found, *ending[len(ends) :])

    @cached_property
    def _tally(self) -> Tally:
        return tally(self._text, self._layout.shape, self._layout.first - 1)

    @property
    def _expected(self) -> int:
        return (self._layout.width - 1) * (self._text.lines - self._layout.first + 1)

    def exactly(self) -> None:
        """Read to the end of the table: sound lines in bulk, the others record by record."""
        columns = {LINE: "integer", **dict.fromkeys(self._layout.names, "text")}
        self._session.create(self._request.table, columns)
        with self._text.path.open(encoding="utf-8", newline=self._text.newline) as file:
            for _ in range(self._layout.first - 1):
                file.readline()
            reader = Reader(file, self._layout, wary=Behind(self._layout).is_foreign(self._last_cells))
            for batch in reader.batches():
                self._store(batch)
        self.left = reader.left
        for left in reader.left:
            if left.what != "empty":
                self._note_left(left)

    def _load(self, path: Path, *, skip: int = 0, newline: str = "\n", numbered: bool = False) -> bool:
        import duckdb

        into = "INSERT INTO" if numbered else "CREATE OR REPLACE TABLE"
        source = self._source(path, skip=skip, newline=newline, numbered=numbered)
        # The order of insertion is the order of the file: a row's number is its line.
        self._session.execute("SET preserve_insertion_order = true")
        try:
            self._session.execute(f"{into} {self._request.table} {'' if numbered else 'AS '}SELECT * FROM {source}")
        except duckdb.Error:
            return False
        finally:
            self._session.execute("SET preserve_insertion_order = false")
        return True

    def _source(self, path: Path, *, skip: int, newline: str, numbered: bool = False) -> str:
        """SQL of a text file under the dialect and nothing else; `numbered` lines begin with their number."""
        shape, names = self._layout.shape, self._layout.names
        columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in names)
        columns = f"{text_literal(LINE)}: 'BIGINT', {columns}" if numbered else columns
        ending = {"\n": "\\n", "\r\n": "\\r\\n", "\r": "\\r"}[newline]
        quote, escape = text_literal(shape.quote), text_literal(shape.escape)
        return (
            f"read_csv({text_literal(str(path))}, columns = {{{columns}}}, auto_detect = false, header = false, "
            f"skip = {skip}, delim = {text_literal(shape.delimiter)}, quote = {quote}, escape = {escape}, "
            f"new_line = '{ending}', strict_mode = true, null_padding = false, encoding = 'utf-8', "
            f"compression = 'none', max_line_size = {MAX_CELL})"
        )

    def _repeats_header(self) -> bool:
        quote = self._session.dialect.quote
        for cells in self._layout.header_lines:
            if len(cells) != self._layout.width:
                continue
            same = " AND ".join(
                f"{quote(name)} IS NOT DISTINCT FROM {text_literal(cell) if cell else 'NULL'}"
                for name, cell in zip(self._layout.names, cells, strict=True)
            )
            if self._session.value(f"SELECT 1 FROM {self._request.table} WHERE {same} LIMIT 1"):
                return True
        return False

    def _ends_strangely(self) -> bool:
        """Whether the last line is a total, a note in the table's width, or of another table."""
        cells = self._last_cells
        odd = is_total(cells, self._layout) or is_nearly_empty(cells, self._layout)
        return odd or Behind(self._layout).is_foreign(cells)

    @cached_property
    def _last_cells(self) -> list[str]:
        with self._text.path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            tail = file.read().decode("utf-8", errors="ignore")
        lines = [line for line in tail.split(self._text.newline) if line.strip()]
        return split(body(lines[-1]), self._layout.shape)[0] if lines else []

    def _store(self, batch: Batch) -> None:
        if batch.clean:
            place = self._request.workbench / "clean.csv"
            edge = self._layout.shape.delimiter
            with place.open("w", encoding="utf-8", newline="") as out:
                out.writelines(f"{number}{edge}{line}\n" for number, line in batch.clean)
            if not self._load(place, numbered=True):
                self._insert([_by_letter(number, line, self._layout.shape) for number, line in batch.clean])
        if batch.rows:
            self._insert(batch.rows)

    def _insert(self, rows: list[Row]) -> None:
        import pyarrow as pa

        good = [(row.line_no, row.outcome.cells) for row in rows if row.outcome.cells is not None]
        bad = [(row.line_no, row.outcome.problem, row.raw[:_LONGEST_RAW]) for row in rows if row.outcome.cells is None]
        insert_rejects(self._session, self._request, bad)
        self.rejected += len(bad)
        mended = [row for row in rows if row.outcome.repair]
        self.repairs.update(row.outcome.repair for row in mended)
        insert_repairs(
            self._session,
            self._request,
            [Repair(row.line_no, row.outcome.repair, row.raw[:_LONGEST_RAW], self._written(row)) for row in mended],
        )
        if good:
            data = {LINE: pa.array([line for line, _ in good], pa.int64())}
            cells = zip(*(cells for _, cells in good), strict=True)
            data |= {
                name: pa.array(values, pa.string()) for name, values in zip(self._layout.names, cells, strict=True)
            }
            self._session.insert_arrow(self._request.table, pa.table(data))

    def _written(self, row: Row) -> str:
        """The cells of a mended record, as they were read."""
        return " | ".join(row.outcome.cells or ())[:_LONGEST_RAW]

    def _note_left(self, left: Left) -> None:
        self.repairs[left.what] += 1
        told = f"{left.first}-{left.last}" if left.last > left.first else str(left.first)
        insert_repairs(self._session, self._request, [Repair(left.first, left.what, told, "")])


def _any_of(columns: list[str]) -> str:
    return f"coalesce({', '.join(columns)})" if len(columns) > 1 else columns[0]


def _by_letter(number: int, line: str, shape: Shape) -> Row:
    return Row(number, line, Outcome(tuple(split(line, shape)[0])))
