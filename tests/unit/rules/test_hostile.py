"""Texts that are no conditions, or try to be more than one: all refused at a place, each within 50 ms of processor time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlglot
from sqlglot import exp

from opscli.engine.dialect import Dialect, DuckDBDialect, PostgresDialect, SparkDialect
from opscli.rules.language import condition
from opscli.rules.scan import MAX_LITERAL, MAX_WORDS
from opscli.rules.scope import Scope
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import Expression, RuleInvalid

LIMIT = 0.05
"""Seconds of processor time, the better of two: the first may pay for a collection of garbage."""

SCOPE = Scope(
    names={
        "n": "integer",
        "m": "money",
        "f": "float",
        "s": "text",
        "t": "timestamp",
        "d": "date",
        "b": "boolean",
        "j": "json",
    },
    known={"tag": frozenset({"vip"}), "campaign": frozenset({"winback"}), "message": frozenset({"winback"})},
)
DIALECTS: tuple[Dialect, ...] = (DuckDBDialect(), PostgresDialect(), SparkDialect())

FILES = [
    "n in (select n from read_csv('/etc/passwd'))", "exists(select 1 from read_parquet('x'))", "read_csv('/etc/passwd') = 1",
    "(select content from read_text('/etc/passwd')) = 'x'", "glob('*') = 'x'", "pg_read_file('/etc/passwd') = 'x'",
    "pg_ls_dir('/') = 'x'", "lo_import('/etc/passwd') = 1", "copy x to '/tmp/x'", "b; copy x to '/tmp/x'",
    "attach 'x.db' as y", "b; attach 'x.db'", "install httpfs", "load spatial", "import database 'x'", "pragma version",
    "'/etc/passwd' = (from read_text('/etc/passwd'))", "s = (table customers)", "from customers", "select 1",
]  # fmt: skip
STATEMENTS = [
    "b; drop table customers", "b;", ";b", "b; select 1", "b\n;\ndelete from customers", "n = 1 union select 1",
    "n = 1 except select 1", "b where b", "b limit 1", "b order by n", "b group by n", "b having b", "b returning *", "b into x",
    "with x as (select 1) select * from x", "insert into x values (1)", "update x set n = 1", "drop table x", "call f()",
    "set memory_limit = '1'", "explain b", "begin", "vacuum", "b) or (select true", "b) union (select 1",
]  # fmt: skip
COMMENTS = [
    "b -- x",
    "b --",
    "b /* x */",
    "/* */ b",
    "b /*! x */",
    "/*+ hint */ b",
    "n - -- 1\n 1 = 1",
    "b # x",
    "b // x",
    "n = 1 /*",
    "*/ b",
]
QUOTING = [
    "s = $$x$$", "s = $q$x$q$", "s = E'\\x41'", "s = e'a'", "s = U&'\\0041'", "s = N'x'", "s = x'41'", "s = b'1'", "s = r'x'",
    "s = 'a' 'b'", "s = 'a'\n'b'", 's = "x"', '"n" = 1', "`n` = 1", "[n] = 1", "s = 'x", "s = x'", "s = '''", 's = "', "s = '\\''",
    "s = `x", "s = \u2018x\u2019", "s = \u201cx\u201d", "s = \u00b4x\u00b4", "s = 'a' || 'b'", "s = 'a' + 'b'",
]  # fmt: skip
FORMS = [
    "n::text = '1'", "cast(n as text) = '1'", "try_cast(n as text) = '1'", "convert(n, char) = '1'", "d = date '2026-01-01'",
    "t > timestamp '2026-01-01'", "interval '1' day > n", "t + interval 1 day > t", "t at time zone 'UTC' > t",
    "s collate nocase = 'x'", 's collate "C" = \'x\'', "row_number() over () = 1", "sum(n) over (partition by s) > 1",
    "count(*) filter (where b) > 1", "count(*) > 1", "max(n) = 1", "sum(distinct n) = 1", "x -> x + 1", "lambda x: x",
    "list_filter([1], x -> true)", "[1, 2] = n", "{'a': 1} = 1", "{a: 1}.a = 1", "map {'a': 1} = 1", "struct_pack(a := 1) = 1",
    "(n, m) = (1, 2)", "row(n) = row(1)", "array[1] = 1", "n[1] = 1", "s[1:2] = 'x'", "n = any(array[1])", "n = all(select 1)",
    "n = some(select 1)", "n = any (select 1)", "exists(select 1)", "n in (select 1)", "n in x", "n in ()", "n in (1,)", "n in (m)",
    "n in (1, (2, 3))", "case when b then b end", "case n when 1 then b end", "if(b, b, b)", "iif(b, b, b)", "nullif(n, 1) = 1",
    "s ~ 'x'", "s !~ 'x'", "s ~* 'x'", "s ~~ 'x'", "s !~~* 'x'", "s regexp 'x'", "s rlike 'x'", "s glob 'x'", "s similar to 'x'",
    "regexp_matches(s, '(a+)+$')", "s like 'x' escape '!'", "s like any ('x')", "s like s", "n is distinct from 1", "n <=> 1",
    "n == 1", "n === 1", "n ! = 1", "n < = 1", "n => 1", "n =< 1", "n := 1", "n % 2 = 0", "n ^ 2 = 4", "n ** 2 = 4", "n | 1 = 1",
    "n & 1 = 1", "~n = 1", "n << 1 = 2", "n // 2 = 1", "!b", "b && b", "b || b", "b xor b", "n between 1", "n between 1 and",
    "n between symmetric 1 and 2", "n between 1 and 2 and 3", "n between 1 and 2 between 3 and 4", "n < m < f", "n = m = f",
    "n isnull", "n notnull", "n is 1", "n is unknown", "n is not", "b is true is true is true is true is true is",
    "default", "b as x", "n n", "n, m", "*", "n.*", "count(n.*) = 1", "x.n = 1", "main.x.n = 1", "information_schema.tables.n = 1",
    "a.b.c.d.e = 1", ".n = 1", "n. = 1", "n..m = 1", "()", "(", ")", "(b", "b)", ")(", "(b))(b", "and", "or b", "b and", "not", "b not",
    "lower s = 'x'", "lower(s", "lower(s,) = 'x'", "lower(s => 'x') = 'x'", "lower(distinct s) = 'x'", "lower(s order by s) = 'x'",
    "lower(*) = 'x'", "coalesce(n, m, ) = 1", "coalesce() = 1", "coalesce(n) = 1", "round(n, n) = 1", "round(n, -1) = 1",
    "round(n, 1.5) = 1", "bucket('x', 99999999) = 1", "within(t, '1e9d')", "within(t, '-1d')", "within(t, '99999999999999999999d')",
    "has_tag('x'); b", "has_tag('VIP')", "has_tag(s)", "has_tag(lower('vip'))",
]  # fmt: skip
SYSTEM = [
    "current_user = 'x'", "session_user = 'x'", "user = 'x'", "version() = 'x'", "pg_sleep(10) is null", "getenv('HOME') = 'x'",
    "nextval('s') = 1", "now() > t", "current_date = d", "current_timestamp > t", "random() < 1", "uuid() = s", "txid_current() = 1",
    "current_setting('x') = 'x'", "set_config('a', 'b', false) = 'x'", "query_to_xml('select 1', true, true, '') is null",
    "dblink('x') = 1", "getvariable('x') = 1", "query('select 1') = 1", "sql_auto_complete('x') = 1", "duckdb_settings() = 1",
    "java_method('java.lang.Runtime', 'getRuntime') = 'x'", "reflect('java.lang.System', 'getenv') = 'x'", "pg_terminate_backend(1)",
    "n = ?", "n = ?1", "n = $1", "n = $name", "n = :nobody", "n = :1", "n = %s", "n = %(x)s", "n = @x", "@@version = 'x'",
]  # fmt: skip
PYTHON = [
    "__class__ = 1", "n.__class__ = 1", "s.__init__.__globals__ = 1", "__import__('os') = 1", "eval('1') = 1", "{n} = 1", "{0} = 1",
    "{{n}} = 1", "{n.__class__} = 1", "%n = 1", "${n} = 1", "#{n} = 1", "<% n %>", "{% if b %}", "n = 1 if b else 2", "not in",
    "lambda: b", "b is None", "n in [1, 2]", "- n: 1", "!!python/object:os.system x", "&a n", "*a", "n: 1", "<<: *a", "? n", "| n", "> n", "--- b",
    "~", "n = .inf", "n = .nan", "n = NaN", "f = infinity", "n = null", "null", "null is null",
]  # fmt: skip
NUMBERS = [
    "n = 1e999999", "n = 1e5", "n = 1E-5", "n = 0x1f", "n = 0b1", "n = 0o7", "n = 1_000", "n = 1,000", "n = 1.", "n = .5", "n = 1.2.3",
    "n = 1..2", "n = 12abc", "n = 1f", "n = 1d", "n = 1L", "n = +-+-+-1", "n = " + "9" * 19, "n = " + "9" * 3000, "n = 0." + "1" * 3000,
    "n = \u0661", "n = \uff11", "n = \u00b2", "n = \u2460", "n = \u00bd", "n = 1\u0661", "n = \U0001d7d9", "n = 1e", "n = e1",
]  # fmt: skip
CHARACTERS = [
    "", " ", "\t\n", "\x00", "n = 1\x00", "s = 'a\x00b'", "s = 'a\nb'", "s = '\x1b[31m'", "n\x01= 1", "n = 1\x7f", "n\x0b= 1", "n\x85= 1",
    "n\u00a0= 1", "n\u2003= 1", "n\u3000= 1", "n\u2028= 1", "n\u200b= 1", "n\u200d= 1", "\ufeffb", "n\u2060= 1", "\u202en = 1",
    "\u2066b\u2069", "n = 1\u202c", "\ud800 = 1", "s = 1 \udfff", "b \uffff", "n \uff1d 1", "n \uff1e 1", "\uff08b\uff09", "n \u2260 1",
    "n \u2264 1", "n \u2265 1", "n \u2212 1 = 1", "n \u00d7 2 = 1", "n \u00f7 2 = 1", "b \u2227 b", "\u00acb", "n \u0430nd b",
    "b \u0430nd b", "b \u043er b", "b \uff4f\uff52 b", "n\u0307 = 1", "\u05d0 = 1", "\u0645\u0646 = 1", "😀", "b 😀 b", "n = 1 😀", "\u540d\u524d = 1",
    "\u2029", "\\", "\\n = 1", "n = 1\\", "@", "^", "?", "!", "$", "'", '"', "`", "[", "]", "{", "}",
]  # fmt: skip
BIG = [
    "(" * 5_000 + "b" + ")" * 5_000, "(" * 5_000, ")" * 5_000, "not " * 20_000 + "b", "not(" * 20_000 + "b" + ")" * 20_000,
    "-" * 20_000 + "n = 1", "- " * 900 + "n = 1", "+" * 900 + "n = 1", "not " * 900 + "b", "b is true" + " is true" * 900,
    "s = '" + "x" * 100_000 + "'", "s = '" + "'" * 100_000, "x" * 100_000 + " = 1", "x" * 7_000 + " = 1", "x." * 3_000 + "x = 1",
    " " * 100_000, "b" + " " * 100_000, "b" + " and b" * 20_000, "b" + " and b" * 1_200, "b" + " or (b" * 900 + ")" * 900,
    "n" + " + n" * 900 + " > 1", "n" + " * f" * 300 + " > 1", "f" + " / f" * 40 + " > 1", "n in (" + ", ".join("1" * 3_000) + ")",
    "n in (" + "1," * 5_000 + "1)", "n between 1 and " * 400 + "2", "n " + "between 1 and 2 " * 300, "case when b then " * 500 + "b",
    "s like '" + "%a" * 40 + "'", "s like '" + "_%" * 20 + "x'", "s ilike '" + "%" * 100 + "'", "lower(" * 400 + "s" + ")" * 400 + " = 'x'",
    "abs(" * 60 + "n" + ")" * 60 + " = 1", "coalesce(" + "n, " * 600 + "n) = 1", "lower(" * 5_000, "'" * 100_001, "\\" * 100_000,
    "b\n" * 5_000, "n = 1;" * 3_000, "/*" * 5_000, "--" * 50_000, "\ud800" * 100_000, "\u202e" * 7_000, "😀" * 7_000, "[" * 7_000, "n." * 4_000,
]  # fmt: skip
MEANINGLESS = [
    ";", "n = 1; drop table customers", "n = 1 -- and b", "n = 1 /* */ and b", "n = (select 1)",
    "exists(select 1 from profiles)", "n in (select n from customers)", "case when b then true end", "sum(n) > 1",
    "row_number() over (order by n) = 1", "n = now()", "regexp_matches(s, 'x')", "s || 'x' = 'y'", "s = 'x' 'y'",
    "n = 1)", "((n = 1)", "n = 1 where b", "n = 1 limit 1", "n as x", "n = 1e999", "s = '" + "x" * 501 + "'",
    "n = :p", "n = @@version", "s like 'x' escape 'y'", "n in (null)", "n = 'x'", "s > 1", "b < b", "n and b",
    "not n", "t = 5", "t > 'yesterday'", "j = 'x'", "lower(n) = 'x'", "lower() = 'x'", "lower(s, s) = 'x'",
    "round(f, s) = 1", "round(f, 99) = 1", "within(t, 30)", "within(t, '30')", "within(t, '1 year')",
    "within(s, '30d')", "days_since(s) > 1", "has_tag('nobody')", "has_tag('vip', 'x')", "bucket('x', 0) = 1",
    "bucket('x', n) = 1", "bucket(s, 2) = 1", "interval '1' day", "x -> x", "struct.a.b.c.d.e = 1",
    "unknown_name = 1", "main.n = 1", "(" * 2000 + "n" + ")" * 2000, "-" + " -" * 900 + "n = 1",
    "n = 1" + " and n = 1" * 5000, "n" + " + n" * 400 + " > 1", "n in (" + ",".join("1" * 3000) + ")", "#",
    "s like '" + "%_" * 20 + "'", "s ilike lower('x%')", "n = -.5", "n = :", "s = 'x" + "y" * 100_000 + "'",
    "x" * 100_000, "n = 1" + " or n" * 5000, "'" * 7999, "within(t, '99999999d')", "had_tag('vip', :p)",
    "had_tag(:p)", "anniversary(t, '1.5d')", "tag_since('vip') > 3", "b is not 1", "n in (1, null)",
    "n between null and 2", "n in (1) in (2)", "received('vip')", "n = (1, 2)", "n in 1",
]  # fmt: skip
HOSTILE = [
    *FILES,
    *STATEMENTS,
    *COMMENTS,
    *QUOTING,
    *FORMS,
    *SYSTEM,
    *PYTHON,
    *NUMBERS,
    *CHARACTERS,
    *BIG,
    *MEANINGLESS,
]

VALID = (
    "n >= 5 and not b or s = 'x'", "s in ('a', 'it''s') and n not in (1, -2)", "s not like 'a%' and s ilike '_b'",
    "n / m > 0.5 and round(f * 2, 2) = abs(-n)", "t > '2026-01-02' and within(t, '30d')", "d is not null and b is not false",
    "(coalesce(n, 0) + m - 1) between -1 and 5", "days_since(t) > 30 or anniversary(d, '-3d')", "length(lower(s)) < floor(f)",
    "upper(s) <= 'M' or bucket('x', 100) < 10",
)  # fmt: skip


def read(text: str) -> Expression | RuleInvalid:
    """What a text is read as; anything but an expression or RuleInvalid comes out as the fault that it is."""
    try:
        return condition(text, SCOPE)
    except RuleInvalid as error:
        return error


def cost(call: Callable[[], object]) -> float:
    """Seconds of processor time, the better of two."""
    spent = []
    for _ in range(2):
        started = time.process_time()
        call()
        spent.append(time.process_time() - started)
    return min(spent)


@pytest.fixture(scope="module", autouse=True)
def _parser_is_loaded() -> None:
    read("b and n > 1")


def _label(text: str) -> str:
    return ascii(text[:24]).strip("'\"") + (f"… {len(text)}" if len(text) > 24 else "")


@pytest.mark.parametrize("text", HOSTILE, ids=map(_label, HOSTILE))
def test_refused_at_a_place_within_fifty_milliseconds(text: str) -> None:
    refused = read(text)
    assert isinstance(refused, RuleInvalid)
    assert refused.what
    assert 0 <= refused.offset <= len(text)
    assert cost(lambda: read(text)) < LIMIT


def test_there_are_many_and_no_two_are_the_same() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 120


def test_the_valid_texts_that_others_are_made_of_are_valid() -> None:
    assert not [text for text in VALID if isinstance(read(text), RuleInvalid)]


def test_the_costliest_legal_texts_stay_within_the_limit_too() -> None:
    texts = (
        "b" + " and b" * (MAX_WORDS // 2 - 1),
        "n in (" + ", ".join(["1"] * (MAX_WORDS // 2 - 2)) + ")",
        "coalesce(" + ", ".join(["n"] * (MAX_WORDS // 2 - 3)) + ") = 1",
        "n" + " + n * f" * 50 + " > 1",
        "(" * 20 + "b" + " or b)" * 20,
        "s = '" + "x" * MAX_LITERAL + "'",
    )
    for text in texts:
        assert isinstance(read(text), Expression)
        assert cost(lambda text=text: read(text)) < LIMIT  # type: ignore[misc]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-02-29", "2026-01-01T24:01", "0000-01-01"]
)
def test_times_that_no_engine_has_are_refused(moment: str, zone: str) -> None:
    with pytest.raises(RuleInvalid) as caught:
        condition(f"b and t > '{moment}'", Scope(names=SCOPE.names, zone=zone))
    assert caught.value.offset == 10  # the text in question


def test_random_texts_raise_nothing_else_and_are_quick() -> None:
    chance = random.Random(11)  # noqa: S311  repeatable texts, no secret
    pieces = [
        "n",
        "s",
        "b",
        " ",
        "'",
        '"',
        "(",
        ")",
        "and",
        "or",
        "not",
        "=",
        "<",
        "--",
        "/*",
        "\\",
        "%",
        ";",
        "$",
        "1",
        ".",
        "e",
        "in",
        "is",
    ]
    for _ in range(600):
        some = [chance.choice(pieces) if chance.random() < 0.7 else chr(chance.randrange(0x11_0000)) for _ in range(40)]
        text = "".join(some[: chance.randint(1, 40)])
        assert cost(lambda text=text: read(text)) < LIMIT, ascii(text)  # type: ignore[misc]


def test_mutations_of_valid_texts_raise_nothing_else_and_what_is_accepted_is_only_a_condition() -> None:
    chance = random.Random(12)  # noqa: S311  as above
    accepted = 0
    for _ in range(700):
        text = mutated(chance.choice(VALID), chance)
        found = read(text)
        assert cost(lambda text=text: read(text)) < LIMIT, ascii(text)  # type: ignore[misc]
        if isinstance(found, Expression):
            accepted += 1
            check_printed(found)
    assert accepted > 60


def mutated(text: str, chance: random.Random) -> str:
    """One to three small changes: drop, double, swap, insert, splice with another."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted(chance.randint(0, len(text)) for _ in range(2))
        text = chance.choice([
            text[:at] + text[at + 1 :], text[:at] + text[at:to] * 2 + text[to:], text[:at] + text[to:],
            text[:at] + chance.choice(["'", "(", ")", "--", ";", "\\", "\x00", " or ", " is null ", "\u202e", "%", ",", "1"]) + text[at:],
            text[:at] + chance.choice(VALID)[at:], text.swapcase(), f"not ({text})", f"{text} and {chance.choice(VALID)}",
        ])  # fmt: skip
    return text


ALLOWED = {
    "Select", "From", "Table", "TableAlias", "Alias", "Identifier", "Column", "Literal", "Boolean", "Null", "Paren", "And", "Or", "Not",
    "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "Between", "In", "Like", "Escape", "Is", "Neg", "Add", "Sub", "Mul", "Div", "Mod", "Cast",
    "DataType", "DataTypeParam", "Case", "If", "Abs", "Round", "Floor", "Length", "Coalesce", "Lower", "Upper", "Nullif", "Translate",
    "Collate", "Extract", "Var", "Substring", "MD5", "MD5Digest", "DPipe", "Concat", "Date", "Conv", "Anonymous", "UnixMicros", "EpochUs",
    "Replace", "TryCast",
}  # fmt: skip
NAMED = {"EPOCH_US", "UNIX_MICROS", "CONV", "SUBSTR", "MD5", "TRANSLATE"}
"""Functions that sqlglot has no class for."""


def check_printed(expression: Expression) -> None:
    """An independent look at the printed SQL: one SELECT over `x`, with nothing but comparisons and the listed functions."""
    for dialect in DIALECTS:
        target = Target(
            dialect=dialect,
            as_of=datetime(2026, 5, 1),  # noqa: DTZ001  naive UTC
            columns=lambda name, dialect=dialect: f"x.{dialect.quote(name)}",  # type: ignore[misc]
            identity="x.customer_id",
        )
        (statement,) = sqlglot.parse(f"SELECT {render(expression, target)} AS answer FROM x", read=dialect.name)
        assert statement is not None
        nodes = list(statement.walk())
        kinds = {type(node).__name__ for node in nodes}
        assert kinds <= ALLOWED, (kinds - ALLOWED, expression.text)
        assert {node.name.upper() for node in nodes if type(node).__name__ == "Anonymous"} <= NAMED
        assert [node.name for node in nodes if type(node).__name__ == "Table"] == ["x"]
        assert {column.table for column in statement.find_all(exp.Column)} <= {"x"}
