"""Message templates: compiled once in a sandbox, their variables known before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from opscli.delivery.message import MessageRefused
from opscli.ids import fingerprint
from opscli.phrases import say

GROUPS = ("customer", "traits")
"""`{{ customer.first_name }}`: a field of the golden customer; `{{ traits.revenue_365d }}`: a trait."""

GIVEN = ("unsubscribe_url", "postal_address", "campaign")
"""Values that delivery itself fills in."""

_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "section", "header", "footer"}
)
_SILENT = frozenset({"style", "script", "head", "title"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The texts of a template as the author wrote them; `text` is made from the HTML when it is None."""

    subject: str
    html: str | None
    text: str | None

    def version(self) -> str:
        """Content hash: outbox rows keep it, so a retry renders the text of its first attempt."""
        return fingerprint([self.subject, self.html, self.text])

    def named(self) -> Iterator[tuple[str, str]]:
        """(part, source) of the parts that exist."""
        for part, source in (("subject", self.subject), ("html", self.html), ("text", self.text)):
            if source is not None:
                yield part, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One value that a part reads: `customer.first_name`. Required = no default and no `is defined` guards it."""

    name: str
    part: str
    line: int
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The texts for one recipient."""

    subject: str
    html: str | None
    text: str


def _environment(*, escape: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=escape, undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0
    )
    environment.globals.clear()
    return environment


_PLAIN = _environment(escape=False)
_HTML = _environment(escape=True)


def variables(parts: Parts) -> list[Variable]:
    """Every value that the parts read, by static analysis. Raises jinja2.TemplateSyntaxError for a broken part."""
    found: list[Variable] = []
    for part, source in parts.named():
        tree, free = _understood(part, source)
        guarded = {id(node) for node in _guarded(tree)}
        for node, name in _reads(tree, free):
            found.append(Variable(name=name, part=part, line=node.lineno, required=id(node) not in guarded))
    return found


def _understood(part: str, source: str) -> tuple[nodes.Template, set[str]]:
    """The part's tree and the names it leaves open; an error says in its `name` which part it is about."""
    try:
        tree = _PLAIN.parse(source)
        return tree, meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        error.name = part
        raise


def _reads(tree: nodes.Template, free: set[str]) -> Iterator[tuple[nodes.Node, str]]:
    """Nodes that read a given value, with its name: `customer.first_name` once, not `customer` as well."""
    inside: set[int] = set()
    for node in _members(tree):
        name = _path(node)
        if name is not None:
            inside.add(id(node.node))
            yield node, name
    for word in tree.find_all(nodes.Name):
        if word.name in free and id(word) not in inside:
            yield word, word.name


def _members(tree: nodes.Node) -> Iterator[nodes.Getattr | nodes.Getitem]:
    yield from tree.find_all(nodes.Getattr)
    yield from tree.find_all(nodes.Getitem)


def _path(node: nodes.Node) -> str | None:
    """`customer.first_name` of a member access on a known group, else None."""
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return None
    if not isinstance(node.node, nodes.Name) or node.node.name not in GROUPS:
        return None
    if isinstance(node, nodes.Getattr):
        return f"{node.node.name}.{node.attr}"
    return f"{node.node.name}.{node.arg.value}" if isinstance(node.arg, nodes.Const) else None


def _guarded(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Nodes under `default(...)` or `is defined`, where a missing value is expected."""
    for word in tree.find_all(nodes.Filter):
        if word.name in {"default", "d"} and word.node is not None:
            yield word.node
    for test in tree.find_all(nodes.Test):
        if test.name in {"defined", "undefined"}:
            yield test.node
    for choice in tree.find_all((nodes.If, nodes.CondExpr)):
        condition = choice.test if isinstance(choice, nodes.If | nodes.CondExpr) else None
        if isinstance(condition, nodes.Test) and condition.name == "defined":
            tested = _path(condition.node)
            yield from (node for node in _members(choice) if _path(node) == tested)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template ready to render."""

    subject: Template
    html: Template | None
    text: Template | None

    def render(self, context: Mapping[str, Any]) -> Rendered:
        """The texts for one recipient. Raises MessageRefused (`render_failed`) naming what was missing."""
        try:
            html = self.html.render(context) if self.html is not None else None
            text = self.text.render(context) if self.text is not None else text_of(html or "")
            return Rendered(subject=self.subject.render(context).strip(), html=html, text=text)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise MessageRefused("render_failed", say("delivery.template_failed", error=error)) from error


@lru_cache(maxsize=256)
def compile_parts(parts: Parts) -> Compiled:
    """Compile once per process and content."""
    return Compiled(
        subject=_PLAIN.from_string(parts.subject),
        html=_HTML.from_string(parts.html) if parts.html is not None else None,
        text=_PLAIN.from_string(parts.text) if parts.text is not None else None,
    )


class _TextMaker(HTMLParser):
    """Collects visible text; a link keeps its address in angle brackets."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag == "a":
            self._link = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "a" and self._link:
            self.pieces.append(f" <{self._link}>")
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        words = " ".join(data.split())
        before, after = data[:1].isspace(), data[-1:].isspace()
        self.pieces.append(f"{' ' if before else ''}{words}{' ' if after else ''}")


def text_of(html: str) -> str:
    """Readable plain text of an HTML part: one line a block, links with their address, no blank runs."""
    maker = _TextMaker()
    maker.feed(html)
    maker.close()
    lines = (" ".join(line.split()) for line in "".join(maker.pieces).split("\n"))
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip() + "\n"
