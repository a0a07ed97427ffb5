"""A broken record is read in the one way that its columns leave, or not at all."""

from __future__ import annotations

import pytest

from opscli.sources.formats.records import Shape
from opscli.sources.formats.repair import Repairer
from opscli.sources.formats.shape import profiles

NOTES = ("Blue mug, large", "Men's hat", "Lamp", "Chair with arms", "Set of knives, steel")
ROWS = [
    (
        f"{day % 28 + 1:02d}/{day % 12 + 1:02d}/2026",
        f"AB-{1000 + day}",
        f"{day * 1.37 + 2:.2f}",
        NOTES[day % 5] + f" {day}",
        "01"[day % 2],
    )
    for day in range(60)
]
ORDERS = Repairer(Shape(delimiter=",", width=5), profiles(ROWS))


def mended(text: str, repairer: Repairer = ORDERS) -> tuple[object, str]:
    outcome = repairer.mend(text)
    return outcome.cells or outcome.problem, outcome.repair


@pytest.mark.parametrize(
    ("text", "cells", "repair"),
    [
        ("01/02/2026,AB-1234,3.50,Mug,1", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), ""),
        ('01/02/2026,AB-1234,"3.50,Mug,1', ("01/02/2026", "AB-1234", '"3.50', "Mug", "1"), "stray_quote"),
        ('01/02/2026,"AB-1234,3.50,"Mug, red",1', ("01/02/2026", '"AB-1234', "3.50", "Mug, red", "1"), "stray_quote"),
        (
            '01/02/2026,AB-1234,3.50,"Mug ""red"""",1',
            ("01/02/2026", "AB-1234", "3.50", 'Mug "red""', "1"),
            "stray_quote",
        ),
        (
            r'01/02/2026,AB-1234,3.50,"5\" mug, red",1',
            ("01/02/2026", "AB-1234", "3.50", '5" mug, red', "1"),
            "other_escape",
        ),
        ("01/02/2026,AB-1234,3.50,'Mug, red',1", ("01/02/2026", "AB-1234", "3.50", "Mug, red", "1"), "other_quote"),
        ("01/02/2026;AB-1234;3.50;Mug, red;1", ("01/02/2026", "AB-1234", "3.50", "Mug, red", "1"), "other_delimiter"),
        ("01/02/2026,AB-1234,,3.50,Mug,1", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), "extra_delimiter"),
        ("01/02/2026,AB-1234,3.50,Mug,1,,", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), "extra_delimiter"),
        (
            "01/02/2026,AB-1234,3.50,Mug, red,1",
            ("01/02/2026", "AB-1234", "3.50", "Mug, red", "1"),
            "unquoted_delimiter",
        ),
        ("01/02/2026AB-1234,3.50,Mug,1", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), "missing_delimiter"),
        ("01/02/2026,AB-12343.50,Mug,1", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), "missing_delimiter"),
        (
            '01/02/2026,AB-1234,3.50"Mug, red",1',
            ("01/02/2026", "AB-1234", "3.50", "Mug, red", "1"),
            "missing_delimiter",
        ),
        ("01/02/2026,AB-1234,3.50,Mug1", ("01/02/2026", "AB-1234", "3.50", "Mug", "1"), "missing_delimiter"),
    ],
)
def test_one_reading_is_left(text: str, cells: tuple[str, ...], repair: str) -> None:
    assert mended(text) == (cells, repair)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("01/02/2026,AB-1234,3.507 dwarfs,1", "too_few_cells"),  # 3.50|7 dwarfs, 3.5|07 dwarfs …
        ("01/02/2026,AB-1234,3.50,Mug", "too_few_cells"),  # a flag is never empty here
        ("01/02/2026,AB-1234", "too_few_cells"),
        ("a,b,c,d,e,f,g", "too_many_cells"),
        ("01/02/2026,AB-1234,3.50,Mug\0,1", "nul_byte"),
        ('01/02/2026, "x, y", AB-1234, 3.50', "bad_quotes"),
    ],
)
def test_what_could_be_read_in_several_ways_is_not_read(text: str, problem: str) -> None:
    assert mended(text) == (problem, "")


def test_of_two_texts_side_by_side_nobody_knows_where_one_ends() -> None:
    rows = [(f"name {n} of many", f"some {n * 7} words", "x") for n in range(40)]
    texts = Repairer(Shape(delimiter=",", width=3), profiles(rows))
    assert mended("name and words,x", texts) == ("too_few_cells", "")
    assert mended("a name,,some words,,x", texts) == (("a name", "some words", "x"), "extra_delimiter")
    assert mended("a name,some,words,x", texts) == ("too_many_cells", "")


def test_an_empty_cell_among_columns_that_may_be_empty_is_not_dropped_by_chance() -> None:
    rows = [(str(n), "" if n % 3 else f"note {n}", "" if n % 4 else f"remark {n}", "1.50") for n in range(60)]
    sparse = Repairer(Shape(delimiter=",", width=4), profiles(rows))
    assert mended("7,,a note,,1.50", sparse) == ("too_many_cells", "")
    assert mended("7,,,,1.50", sparse) == (("7", "", "", "1.50"), "extra_delimiter")


def test_a_column_of_single_words_takes_no_sentence() -> None:
    rows = [(str(n), f"note {n} of many", f"SAVE{n}" if n % 2 else "") for n in range(60)]
    coupons = Repairer(Shape(delimiter=",", width=3), profiles(rows))
    assert mended('7,"a note, and more"', coupons) == (("7", "a note, and more", ""), "missing_delimiter")
    assert mended('7,"a note",,', coupons) == (("7", "a note", ""), "extra_delimiter")


def test_a_long_cell_is_refused_and_a_short_row_may_end_in_empty_columns() -> None:
    assert mended(f"01/02/2026,AB-1234,3.50,{'x' * (1 << 20)}x,1") == ("cell_too_long", "")
    rows = [(str(n), f"note {n}", "" if n % 2 else "z") for n in range(40)]
    assert mended("7,a note", Repairer(Shape(delimiter=",", width=3), profiles(rows))) == (
        ("7", "a note", ""),
        "missing_cells",
    )
