"""The reference of a kind, written from its schema: what `config explain` prints and docs/config/ holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opscli.config import meaning
from opscli.config.load import ANYWHERE
from opscli.config.schemas import assemble, folder_of, smallest_example
from opscli.phrases import either, listed, say

_DEPTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a kind: `path` with dots for blocks and [] for lists, `form` is what may stand there."""

    path: str
    form: str
    description: str
    required: bool
    default: str = ""


def reference(kind: str) -> str:
    """Markdown page of a kind: what it is, where it lies, its smallest legal file, every key."""
    schema = assemble(kind)
    lines = [f"# {kind}", "", *_paragraph(schema), say("config.lies_in", place=f"`{place_of(kind)}`"), ""]
    lines += [say("config.smallest_file"), ""]
    lines += ["```yaml", as_yaml(smallest_example(kind)).rstrip(), "```", "", *_table(keys_of(schema, schema))]
    for word, branch in _branches(schema):
        lines += ["", f"## {word}", "", *_paragraph(branch), *_table(keys_of(branch, schema))]
    return "\n".join(lines) + "\n"


def place_of(kind: str) -> str:
    """Where files of a kind lie, as people write it."""
    folder, files = folder_of(kind), assemble(kind).get("x-files")
    if files:
        return f"configs/{folder}/<name>/ ({', '.join(files.values())})"
    if folder == ".":
        return f"configs/{kind}.yaml"
    if folder == ANYWHERE:
        return f"configs/{folder}/<name>.{kind}.yaml"
    return f"configs/{folder}/<name>.yaml".replace("configs/../", "")


def keys_of(node: Mapping[str, Any], root: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Key]:
    """Every key at and below a schema node, in the schema's order."""
    node = resolved(node, root)
    required = node.get("required", ())
    for name, stated in node.get("properties", {}).items():
        child = resolved(stated, root)
        if not isinstance(child, Mapping):
            continue  # `true` stands for a key that the kind itself describes
        path = f"{prefix}{name}"
        default = json.dumps(child["default"], ensure_ascii=False) if "default" in child else ""
        words = meaning.description(child)
        yield Key(path=path, form=_form(child, root), description=words, required=name in required, default=default)
        if depth < _DEPTH:
            yield from _below(child, root, path, depth + 1)


def as_yaml(data: Mapping[str, Any]) -> str:
    """Data as YAML, keys in their order."""
    import yaml

    text: str = yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False, allow_unicode=True, width=100)
    return text


def _below(child: Mapping[str, Any], root: Mapping[str, Any], path: str, depth: int) -> Iterator[Key]:
    """Keys inside a block, the items of a list, named entries, and the block forms among alternatives."""
    if "x-form" in child or child.get("x-secret"):
        return  # its form says it all
    if "properties" in child:
        yield from keys_of(child, root, f"{path}.", depth)
    if isinstance(child.get("items"), Mapping):
        yield from _below(resolved(child["items"], root), root, f"{path}[]", depth)
    if isinstance(child.get("additionalProperties"), Mapping):
        yield from _below(resolved(child["additionalProperties"], root), root, f"{path}.<name>", depth)
    for option in (*child.get("anyOf", ()), *child.get("oneOf", ())):
        yield from _below(resolved(option, root), root, path, depth)


def resolved(node: Any, root: Mapping[str, Any]) -> Any:
    """The node with its reference followed; words beside the reference win over those of the target."""
    while isinstance(node, Mapping) and (reference := _reference(node)).startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            target = target[part]
        node = meaning.beside(target, node)
    return node


def _reference(node: Mapping[str, Any]) -> str:
    """Where a node points: `$ref`, or the only member of `allOf`, which is how draft-07 puts words beside it."""
    alone = node["allOf"][0] if len(node.get("allOf", ())) == 1 else {}
    return str(node.get("$ref") or alone.get("$ref") or "")


def _form(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """What may stand at a key, in few words."""
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return listed(f"`{word}`" for word in node["enum"])
    if stated := meaning.form(node):
        return stated
    options = [*node.get("anyOf", ()), *node.get("oneOf", ())] if "type" not in node else []
    if options:
        return either(dict.fromkeys(_form(resolved(option, root), root) for option in options))
    return _form_of_type(node, root)


def _form_of_type(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    kind = node.get("type", "any")
    items = resolved(node.get("items"), root)
    if kind == "array" and isinstance(items, Mapping):
        return say("config.form_list_of", form=_form(items, root))
    kinds = kind if isinstance(kind, list) else [kind]
    return either(say(f"config.form_{word}") for word in kinds)


def _branches(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The types of a kind: (`type: email`, its schema)."""
    for branch in schema.get("allOf", ()):
        condition = branch.get("if", {}).get("properties", {})
        if len(condition) == 1 and "then" in branch:
            ((name, word),) = condition.items()
            yield f"{name}: {word.get('const')}", branch["then"]


def _paragraph(node: Mapping[str, Any]) -> list[str]:
    text = meaning.about(node)
    return [text, ""] if text else []


def _table(keys: Iterator[Key]) -> list[str]:
    """A Markdown table; a star marks keys that must stand there."""
    rows = [(f"`{key.path}`{' *' if key.required else ''}", key.form, key.default, key.description) for key in keys]
    if not rows:
        return [say("config.no_own_keys")]
    heads = [say(f"config.head_{head}") for head in ("key", "form", "left_out", "meaning")]
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |"]
    return lines + [
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
