"""Connected components of the edges, with a ceiling on their size; the result depends on nothing but the edges."""

from __future__ import annotations

from typing import Any

from opscli.engine.warehouse import Session
from opscli.identity.rules import STRICT


def components(count: int, left: Any, right: Any) -> Any:
    """Label of each of `count` nodes (int64 array): the smallest node that it is connected to.

    `left` and `right` are int64 arrays of edge ends. Smallest labels are hooked on and then followed to their roots, so
    a chain of n nodes needs about log n rounds.
    """
    import numpy as np

    labels = np.arange(count, dtype=np.int64)
    while True:
        ends = labels[left], labels[right]
        smallest = np.minimum(*ends)
        if np.array_equal(*ends):
            return labels
        for end in ends:
            np.minimum.at(labels, end, smallest)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]


def cluster(session: Session, count: int, largest: int) -> int:
    """Write `scratch.identity_components` (rec, label); records in components that had to be cut.

    In a component above `largest` the weakest edges go first: those to the sole person behind a value, then those that
    rest on a first name alone; when whole names still join too many, nothing in it is joined. Cut edges leave
    `scratch.identity_edges`.
    """
    import numpy as np
    import pyarrow as pa

    edges = _edges(session)
    labels = components(count, edges["a"] - 1, edges["b"] - 1)
    cut = 0
    for weakest in range(STRICT + 1):
        oversized = np.bincount(labels, minlength=count)[labels] > largest
        if not oversized.any():
            break
        cut = max(cut, int(oversized.sum()))
        edges = edges[~(oversized[edges["a"] - 1] & (edges["strength"] <= weakest))]
        labels = components(count, edges["a"] - 1, edges["b"] - 1)
    if cut:
        session.execute("DELETE FROM scratch.identity_edges")
        session.insert_arrow(
            "scratch.identity_edges", pa.table({name: np.ascontiguousarray(edges[name]) for name in edges.dtype.names})
        )
    session.create("scratch.identity_components", {"rec": "integer", "label": "integer"})
    session.insert_arrow(
        "scratch.identity_components", pa.table({"rec": np.arange(1, count + 1, dtype=np.int64), "label": labels + 1})
    )
    return cut


def _edges(session: Session) -> Any:
    """The edges as a structured array of a, b, rule, strength."""
    import numpy as np

    kind = np.dtype([(name, np.int64) for name in ("a", "b", "rule", "strength")])
    parts = [np.empty(0, dtype=kind)]
    query = "SELECT a, b, rule, strength FROM scratch.identity_edges ORDER BY a, b, rule, strength"
    for batch in session.batches(query):
        part = np.empty(batch.num_rows, dtype=kind)
        for name in kind.names or ():
            part[name] = batch.column(name).to_numpy()
        parts.append(part)
    return np.concatenate(parts)
