"""A document against its kind's schema: every violation as an Issue that says what, where, why and how to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from opscli.config import meaning
from opscli.config.document import Document, Place
from opscli.config.reader import KEY
from opscli.config.schemas import schema_of
from opscli.outcome import Issue
from opscli.phrases import both, either, listed, say

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

SECRET_KEYS = ("env", "file", "keyring", "cmd")

_MOST_NAMES = 24
"""Names that a message lists; a project may have hundreds of tags and traits."""
_LIMITS = {
    "minimum": "at_least",
    "maximum": "at_most",
    "exclusiveMinimum": "more_than",
    "exclusiveMaximum": "less_than",
    "minItems": "min_items",
    "maxItems": "max_items",
    "minLength": "not_empty",
    "maxLength": "max_length",
    "minProperties": "min_keys",
    "maxProperties": "max_keys",
    "multipleOf": "multiple_of",
    "uniqueItems": "unique_items",
}
"""Keyword → how the catalogue calls what it asks for."""
_COUNTED = ("min_items", "max_items", "max_length", "min_keys", "max_keys")


def validate(document: Document) -> tuple[Issue, ...]:
    """Every violation of the kind's schema in the document's version, at most one per place and reason."""
    return _violations(document, _validator(document.kind, document.version))


def validate_against(document: Document, schema: Mapping[str, Any]) -> tuple[Issue, ...]:
    """Every violation of a schema that only the project knows, such as that of its entities' records."""
    import jsonschema

    return _violations(document, jsonschema.Draft202012Validator(schema))


def _violations(document: Document, validator: Validator) -> tuple[Issue, ...]:
    errors = validator.iter_errors(document.data)
    return tuple(dict.fromkeys(issue for error in errors for issue in _issues(document, error)))


def did_you_mean(word: str, known: Iterable[str], place: str = "", *, otherwise: str | None = None) -> str:
    """`did you mean "x"?`; when nothing is near `otherwise`, by default the known words ("" when there are none)."""
    names = [str(name) for name in known]
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return say("config.did_you_mean", near=near[0], place=place)
    if otherwise is not None:
        return otherwise
    return say("config.known_here", names=_some(sorted(names))) if names else ""


def _some(names: list[str]) -> str:
    """All names of a short list, else as many as somebody reads."""
    more = len(names) - _MOST_NAMES
    return say("config.and_others", names=listed(names[:_MOST_NAMES]), count=more) if more > 1 else listed(names)


@cache
def _validator(kind: str, version: int) -> Validator:
    import jsonschema

    with_secrets: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, {"x-secret": _check_secret}
    )
    validator: Validator = with_secrets(schema_of(kind, version))
    return validator


def _check_secret(_validator: Any, marked: bool, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Keyword x-secret: the value must be a reference, never the secret itself."""
    from jsonschema.exceptions import ValidationError

    if marked and not (isinstance(instance, Mapping) and len(instance) == 1 and next(iter(instance)) in SECRET_KEYS):
        yield ValidationError(say("config.secret_in_file"))


def _issues(document: Document, error: ValidationError) -> Iterator[Issue]:
    place: Place = tuple(error.absolute_path)
    teller = _TELLERS.get(str(error.validator), _told_plainly)
    yield from teller(document, place, error)


def _unknown_keys(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    known = [*_mapping(error.schema).get("properties", {})]
    for key in _mapping(error.instance):
        if key not in known and not _matches_pattern(key, _mapping(error.schema)):
            yield document.issue(
                (*place, key, KEY),
                say("config.unknown_key", key=key),
                why=say("config.unknown_key_why", place=_name_of(place, document)),
                how=did_you_mean(str(key), known),
            )


def _matches_pattern(key: str, schema: Mapping[str, Any]) -> bool:
    import re

    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", {}))


def _missing_key(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    present = _mapping(error.instance)
    missing = next((key for key in _stated(error) if key not in present and repr(key) in error.message), None)
    if missing is not None:
        stated = _mapping(_mapping(error.schema).get("properties", {}).get(missing, {}))
        yield document.issue(
            place,
            say("config.missing_key", key=missing, place=_name_of(place, document)),
            why=meaning.clause(stated),
            how=say("config.missing_key_how", key=missing),
        )


def _lonely_key(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    """Of dependentRequired: a key that stands there without the one that belongs to it."""
    present = _mapping(error.instance)
    for key, needed in _stated(error).items():
        for other in needed if key in present else ():
            if other not in present:
                stated = _mapping(_mapping(error.schema).get("properties", {}).get(other, {}))
                yield document.issue(
                    (*place, key, KEY),
                    say("config.needs_beside", key=key, other=other),
                    why=meaning.clause(stated),
                    how=say("config.missing_key_how", key=other),
                )


def _wrong_word(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    allowed = _stated(error) if error.validator == "enum" else [_stated(error)]
    value = error.instance
    known = [str(item) for item in allowed]
    shown = f'"{value}"' if isinstance(value, str) else _words_for(value)
    yield document.issue(
        place,
        say("config.cannot_be", place=_name_of(place, document), shown=shown),
        why=_about(error),
        how=did_you_mean(str(value), known),
    )


def _wrong_type(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    if _mapping(error.schema).get("x-secret"):
        return  # told by the keyword itself, without a second line at the same place
    wanted = _stated(error) if isinstance(_stated(error), list) else [_stated(error)]
    types = either(say(f"config.type_{kind}") for kind in wanted)
    what = say("config.wrong_type", place=_name_of(place, document), types=types, given=_words_for(error.instance))
    quote = "string" in wanted and isinstance(error.instance, (int, float))
    how = say("config.quote_it", text=str(error.instance).lower()) if quote else ""
    if wanted == ["boolean"]:
        how = say("config.true_or_false")
    yield document.issue(place, what, why=_about(error), how=how)


def _secret_literal(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    why = say("config.secret_why", place=_name_of(place, document))
    yield document.issue(place, error.message, why=why, how=say("config.secret_how"))


def _no_alternative(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    """Of anyOf and oneOf: the problems of the branch that was most likely meant, else what would fit."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    shape = [errors for errors in branches.values() if not any(_is_shape(inner) for inner in errors)]
    if len(shape) == 1:
        for inner in shape[0]:
            inner.parent = error.parent
            inner.path = inner.relative_path = type(inner.path)([*error.path, *inner.path])
            yield from _issues(document, inner)
        return
    if not branches:
        yield document.issue(place, say("config.fits_many", place=_name_of(place, document)), why=_about(error))
        return
    options = _stated(error)
    if all(set(_mapping(option)) == {"required"} for option in options):
        names = [both(option["required"]) for option in options]
        yield document.issue(
            place, say("config.needs_one_of", place=_name_of(place, document), names=listed(names)), why=_about(error)
        )
        return
    name, given, wanted = _name_of(place, document), _words_for(error.instance), _types_of(branches)
    what = say("config.wrong_form", place=name, given=given)
    if wanted:
        what = say("config.wrong_type", place=name, types=either(wanted), given=given)
    yield document.issue(place, what, why=_about(error))


def _types_of(branches: Mapping[Any, list[ValidationError]]) -> list[str]:
    """What the value may be, when it fits no branch for being of another type in all of them; else nothing."""
    asked: dict[str, None] = {}
    for errors in branches.values():
        types = [_stated(inner) for inner in errors if not inner.path and inner.validator == "type"]
        if not types:
            return []
        for kind in types[0] if isinstance(types[0], list) else types[:1]:
            asked[say(f"config.type_{kind}")] = None
    return list(asked)


def _is_shape(error: ValidationError) -> bool:
    """Whether an error says that another branch was meant: a wrong type, or a wrong word, of the value itself."""
    return not error.path and error.validator in ("type", "const", "enum", "x-secret")


def _limit(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    asked = _LIMITS[str(error.validator)]
    limit = {"count" if asked in _COUNTED else "limit": _stated(error)}
    what = say(f"config.limit_{asked}", place=_name_of(place, document), **limit)
    yield document.issue(place, what, why=_about(error))


def _pattern(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    what = say("config.cannot_be_text", place=_name_of(place, document), text=error.instance)
    yield document.issue(place, what, why=_about(error), how=_example(error))


def _example(error: ValidationError) -> str:
    """What fits a pattern: the schema's examples, else the pattern itself."""
    examples = _mapping(error.schema).get("examples", ())
    return (
        say("config.such_as", examples=listed(examples))
        if examples
        else say("config.must_match", pattern=_stated(error))
    )


def _told_plainly(document: Document, place: Place, error: ValidationError) -> Iterator[Issue]:
    yield document.issue(place, f"{_name_of(place, document)}: {error.message}", why=_about(error))


_TELLERS: Mapping[str, Callable[[Document, Place, ValidationError], Iterator[Issue]]] = {
    "additionalProperties": _unknown_keys,
    "unevaluatedProperties": _unknown_keys,
    "required": _missing_key,
    "dependentRequired": _lonely_key,
    "enum": _wrong_word,
    "const": _wrong_word,
    "type": _wrong_type,
    "x-secret": _secret_literal,
    "anyOf": _no_alternative,
    "oneOf": _no_alternative,
    "pattern": _pattern,
    **dict.fromkeys(_LIMITS, _limit),
}


def _name_of(place: Place, document: Document) -> str:
    """What a place is called in a sentence: the key, `item 3 of steps`, or the kind."""
    if not place:
        return say("config.the_kind", kind=document.kind)
    if isinstance(place[-1], int):
        owner = next((part for part in reversed(place) if isinstance(part, str)), document.kind)
        return say("config.item_of", number=place[-1] + 1, owner=owner)
    return str(place[-1])


def _stated(error: ValidationError) -> Any:
    """The keyword's value in the schema."""
    return error.validator_value


def _about(error: ValidationError) -> str:
    """The schema's own words about the place."""
    return meaning.clause(_mapping(error.schema))


def _words_for(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return say("config.type_null")
    kinds: dict[type, str] = {dict: "object", list: "array", str: "string"}
    kind = kinds.get(type(value))
    return say(f"config.type_{kind}") if kind else say("config.the_number", number=value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
