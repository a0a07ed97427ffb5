"""A query as a pipeline of named steps, each readable alone: printed as WITH clauses in their order.

    Pipeline().step("seen", "SELECT …").step("per_customer", "SELECT … FROM seen").into("scratch.profiles_new")

Steps are SQL of schema identifiers and printed literals; what a user typed gets there only through `rules`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Named steps; each may read the ones before it."""

    steps: tuple[tuple[str, str], ...] = ()

    def step(self, name: str, select: str) -> Pipeline:
        """This pipeline with one more step. Raises ValueError for a name that is taken."""
        if any(name == taken for taken, _ in self.steps):
            message = f"the pipeline has a step {name!r} already"
            raise ValueError(message)
        return Pipeline((*self.steps, (name, select)))

    @property
    def last(self) -> str:
        """Name of the newest step."""
        return self.steps[-1][0]

    def sql(self, select: str = "") -> str:
        """The whole query; `select` reads the steps, by default all of the last one."""
        clauses = ",\n".join(f"{name} AS (\n{_indented(body)}\n)" for name, body in self.steps)
        return f"WITH {clauses}\n{select or f'SELECT * FROM {self.last}'}"

    def into(self, table: str, select: str = "") -> str:
        """Statement that creates `table`, or replaces it, from the query."""
        return f"CREATE OR REPLACE TABLE {table} AS\n{self.sql(select)}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
