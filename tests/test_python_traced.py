"""A trace as lines to read."""

from __future__ import annotations

from itertools import chain
from typing import Any

import chatloom
from chatloom import traced
from conftest import CHAT
from hypothesis import given
from hypothesis import strategies as st

TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
CALL = {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}]}


def test_pieces_join_to_the_text_and_agree_with_segments(
    formatter: chatloom.Formatter, example_rows: list[dict[str, Any]]
) -> None:
    for row in example_rows:
        rendered = formatter.trace(row["messages"], row.get("tools"))
        parts = list(traced.pieces(rendered))
        assert "".join(part.text for part in parts) == rendered.text
        owners = chain.from_iterable([(s.turn, s.origin)] * (s.end - s.start) for s in rendered.segments)
        assert [(p.turn, p.origin) for p in parts for _ in p.text] == list(owners)
        trained = {place for start, end in rendered.trained or () for place in range(start, end)}
        flags = [part.trained for part in parts for _ in part.text]
        assert flags == [place in trained for place in range(len(rendered.text))]


def test_a_field_printed_as_json_is_one_piece(formatter: chatloom.Formatter) -> None:
    parts = list(traced.pieces(formatter.trace([CHAT[1], CALL], TOOLS)))
    assert [part.who for part in parts if part.path] == [
        "tools[0]",
        "content",
        "tool_calls[0].function.name",
        "tool_calls[0].function.arguments",
    ]


def test_data_printed_elsewhere_names_its_message() -> None:
    template = "{% for m in messages %}{{ m.role }}: {{ messages[0].content }}\n{% endfor %}"
    first, second = (p for p in traced.pieces(chatloom.Template(template).trace(CHAT[1:])) if p.path)
    assert (first.who, second.who) == ("content", "content of message 0")


def test_colour_marks_the_trained_part(formatter: chatloom.Formatter) -> None:
    shown = traced.show(formatter.trace(CHAT), colour=True)
    assert "\x1b[32m4.\x1b[0m" in shown
    assert "\x1b[2m<|im_start|>system⏎\x1b[0m" in shown
    assert "\x1b[" not in traced.show(formatter.trace(CHAT), colour=False)


def test_a_bare_template_is_shown_too() -> None:
    rendered = chatloom.Template("[{{ messages[0].content }}]").trace([{"role": "user", "content": "a\nb"}])
    assert traced.show(rendered, colour=False).splitlines() == [
        "turn  +  part  who       text",
        "0              template  [",
        "0              content   a⏎",
        "                         b",
        "0              template  ]",
    ]


@given(st.text())
def test_what_is_visible_is_one_printable_line(text: str) -> None:
    assert traced.visible(text).isprintable()
