"""Templates: variables known before rendering, values escaped, nothing but values reachable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opscli.delivery import tokens
from opscli.delivery.message import MessageRefused
from opscli.delivery.templates import Parts, compile_parts, text_of, variables


def found(html: str) -> dict[str, bool]:
    return {item.name: item.required for item in variables(Parts(subject="x", html=html, text=None))}


def test_variables_are_found_with_whether_they_must_be_there() -> None:
    assert found("{{ customer.first_name }}{{ traits['revenue'] }}") == {
        "customer.first_name": True,
        "traits.revenue": True,
    }
    assert found("{{ customer.first_name | default('you') }}") == {"customer.first_name": False}
    assert found("{% if traits.top is defined %}{{ traits.top }}{% endif %}") == {"traits.top": False}
    assert found("{{ unsubscribe_url }}{% set x = 1 %}{{ x }}") == {"unsubscribe_url": True}


def test_values_are_escaped_in_html_and_only_there() -> None:
    parts = Parts(subject="{{ customer.name }}", html="<p>{{ customer.name }}</p>", text="{{ customer.name }}")
    made = compile_parts(parts).render({"customer": {"name": "<b>&"}})
    assert (made.subject, made.html, made.text) == ("<b>&", "<p>&lt;b&gt;&amp;</p>", "<b>&")


def test_data_are_never_rendered_twice() -> None:
    made = compile_parts(Parts(subject="s", html=None, text="{{ customer.name }}")).render(
        {"customer": {"name": "{{ 7 * 7 }}"}}
    )
    assert made.text == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    "attack",
    ["{{ ''.__class__.__mro__ }}", "{{ customer.__class__ }}", "{{ customer.update(a=1) }}", "{{ lipsum() }}",
     "{{ cycler.__init__.__globals__ }}", "{{ self.__init__ }}", "{{ missing }}", "{{ customer.missing }}", "{{ range(9) }}"],
)  # fmt: skip
def test_escapes_and_missing_values_fail_that_message(attack: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        compile_parts(Parts(subject="s", html=None, text=attack)).render({"customer": {"name": "x"}})
    assert caught.value.reason == "render_failed"


def test_text_of_html_keeps_links_and_lines() -> None:
    html = "<html><head><title>t</title></head><body><p>Hello <b>you</b> there, <i>so</i>on</p><ul><li>one</li></ul><a href='https://x'>go</a>"
    assert text_of(html) == "Hello you there, soon\n\n- one\ngo <https://x>\n"


@given(key=st.binary(min_size=16, max_size=16), flip=st.integers(0, 37))
def test_tokens_lead_back_and_cannot_be_changed(key: bytes, flip: int) -> None:
    secret, name = b"secret", key.hex()
    token = tokens.sign(secret, name)
    assert tokens.verify(secret, token) == name
    assert tokens.verify(b"other", token) is None
    assert tokens.verify(secret, token, "preferences") is None
    changed = token[:flip] + ("A" if token[flip] != "A" else "B") + token[flip + 1 :]
    assert tokens.verify(secret, changed) != name or changed[:-1] == token[:-1]


@pytest.mark.parametrize("junk", ["", "x", "ä", "=", "A" * 500, "../..", "\x00"])
def test_junk_is_no_token(junk: str) -> None:
    assert tokens.verify(b"secret", junk) is None
