"""`compat="transformers-4.57"`: cases that were recorded with transformers 4.57.6, where 5 does otherwise or might."""

from __future__ import annotations

import enum
import pickle
from typing import Any

import pytest
from chatloom import Formatter, Template, UnsupportedInputError
from chatloom.errors import ChatloomError
from conftest import CHAT, EXAMPLE_MODEL

Case = tuple[str, list[dict[str, Any]], dict[str, Any], tuple[str, str]]

# Template, messages, the rest of the call; and what came out: "ok" and the text, or "error" and the exception.
CASES: list[Case] = [
    ("{{ messages|tojson }}", [{"role": "user", "content": None}], {}, ("ok", '[{"role": "user", "content": null}]')),
    (
        "{{ messages|tojson }}",
        [{"role": "assistant", "content": "x", "tool_calls": None, "name": None}],
        {},
        ("ok", '[{"role": "assistant", "content": "x", "tool_calls": null, "name": null}]'),
    ),
    (
        "{{ messages[0].content is none }}{{ messages[0].tool_calls is defined }}",
        [{"role": "assistant", "content": None}],
        {},
        ("ok", "TrueFalse"),
    ),
    ("{{ messages[0].content }}", [{"role": "assistant", "content": None}], {}, ("ok", "None")),
    ("{{ messages[0].content + '' }}", [{"role": "assistant", "content": None}], {}, ("error", "TypeError")),
    (
        "{{ messages[0].tool_calls|length }}",
        [{"role": "assistant", "content": "", "tool_calls": None}],
        {},
        ("error", "TypeError"),
    ),
    (
        "{{ messages|tojson }}",
        [{"role": "assistant", "content": "x", "reasoning_content": "r"}],
        {},
        ("ok", '[{"role": "assistant", "content": "x", "reasoning_content": "r"}]'),
    ),
    (
        "{{ messages|tojson }}",
        [{"role": "assistant", "content": "x", "thinking": "r"}],
        {},
        ("ok", '[{"role": "assistant", "content": "x", "thinking": "r"}]'),
    ),
    (
        "{{ messages|tojson }}",
        [{"role": "assistant", "content": "x", "reasoning": "r"}],
        {},
        ("ok", '[{"role": "assistant", "content": "x", "reasoning": "r"}]'),
    ),
    (
        "{{ messages[0].reasoning_content }}|{{ messages[0].thinking }}",
        [{"role": "assistant", "content": "x", "reasoning": "r"}],
        {},
        ("ok", "|"),
    ),
    (
        "{{ messages[0].reasoning_content is none }}",
        [{"role": "assistant", "content": "x", "reasoning_content": None, "thinking": "r"}],
        {},
        ("ok", "True"),
    ),
    ("{{ messages[0].content }}", [], {}, ("error", "IndexError")),
    (
        "[{{ messages[-1].content }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So "}],
        {"continue_final_message": True},
        ("ok", "[So "),
    ),
    (
        "[{{ messages[-1].content|trim }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " So "}],
        {"continue_final_message": True},
        ("ok", "[So"),
    ),
    (
        "[{{ messages[-1].content }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}],
        {"continue_final_message": True},
        ("error", "TypeError"),
    ),
    (
        "[{{ messages[-1].role }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "name": "x"}],
        {"continue_final_message": True},
        ("error", "KeyError"),
    ),
    (
        "[{{ messages[-1].role }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "assist"}],
        {"continue_final_message": True},
        ("error", "ValueError"),
    ),
    (
        "[{{ messages[-1]['con' ~ 'tent'] }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So"}],
        {"continue_final_message": True},
        ("ok", "[So"),
    ),
    (
        "[{{ messages[-1].content }}{{ messages[-1].thinking }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So", "thinking": "hm"}],
        {"continue_final_message": "thinking"},
        ("ok", "[So"),
    ),
    (
        "[{{ messages[-1].thinking }}]",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So", "thinking": "hm"}],
        {"continue_final_message": "thinking"},
        ("error", "ValueError"),
    ),
    (
        "{% for p in messages[-1].content %}[{{ p.text }}]{% endfor %}",
        [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        ],
        {"continue_final_message": True},
        ("ok", "[a][b"),
    ),
    (
        "{{ messages }}",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "image"}]}],
        {"continue_final_message": True},
        ("error", "ValueError"),
    ),
    (
        "{{ messages[-1].content }}",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": {"a": 1}}],
        {"continue_final_message": True},
        ("error", "TypeError"),
    ),
    (
        "{{ messages[-1].content }}",
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x"}],
        {"continue_final_message": True, "add_generation_prompt": True},
        ("error", "ValueError"),
    ),
    (
        "{% set ns = namespace(_a=1) %}{% set ns._b = 2 %}{{ ns._a }}|{{ ns._b }}|{{ ns }}",
        [{"role": "user", "content": "Hi"}],
        {},
        ("ok", "||<Namespace {'_a': 1, '_b': 2}>"),
    ),
    (
        "{% set ns = namespace(_a=1) %}{{ ns._a + 1 }}",
        [{"role": "user", "content": "Hi"}],
        {},
        ("error", "SecurityError"),
    ),
    (
        "{{ dict(a=1) }}{{ dict.anything(a=1) }}{{ dict['x']([(1, 2)]) }}",
        [{"role": "user", "content": "Hi"}],
        {},
        ("ok", "{'a': 1}{'a': 1}{1: 2}"),
    ),
    ("{{ dict.__class__ }}", [{"role": "user", "content": "Hi"}], {}, ("ok", "")),
]


def outcome(template: Template, messages: list[dict[str, Any]], call: dict[str, Any]) -> tuple[str, str | None]:
    try:
        return "ok", template.render(messages, **call)
    except ChatloomError as error:
        return "error", error.kind


@pytest.mark.parametrize(("source", "messages", "call", "expected"), CASES)
def test_it_is_as_in_4_57(
    source: str, messages: list[dict[str, Any]], call: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert outcome(Template(source, compat="transformers-4.57"), messages, call) == expected


def test_most_cases_are_otherwise_in_5() -> None:
    same = [
        source for source, messages, call, expected in CASES if outcome(Template(source), messages, call) == expected
    ]
    assert len(same) < len(CASES) / 2


class Role(str, enum.Enum):
    USER = "user"


@pytest.mark.parametrize("value", [Role.USER, object(), {1}, b"x"])
def test_what_4_57_hands_over_as_it_is_is_refused(value: Any) -> None:
    messages = [{"role": "user", "content": [value]}]
    assert Template("{{ messages }}").render(messages)
    with pytest.raises(UnsupportedInputError) as caught:
        Template("{{ messages }}", compat="transformers-4.57").render(messages)
    assert caught.value.path == "messages[0].content[0]"


def test_tools_as_functions_are_refused() -> None:
    def now() -> str:
        """Tells the time."""
        return ""

    with pytest.raises(UnsupportedInputError, match="JSON schema"):
        Template("{{ tools }}", compat="transformers-4.57").render(CHAT, tools=[now])


def test_it_is_part_of_the_identity() -> None:
    old, new = Template("x", compat="transformers-4.57"), Template("x")
    assert old != new
    assert pickle.loads(pickle.dumps(old)) == old
    with pytest.raises(ValueError, match="compat"):
        Template("x", compat="transformers-4")  # type: ignore[arg-type]


def test_a_formatter_has_it_as_an_option() -> None:
    template = "{% for m in messages %}{{ m.content }};{% endfor %}"
    old, new = (
        Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", chat_template=template, compat=compat)
        for compat in ("transformers-4.57", "transformers-5")
    )
    assert old != new
    assert pickle.loads(pickle.dumps(old)) == old
    messages: list[dict[str, Any]] = [{"role": "user", "content": None}]
    assert (old.render(messages), new.render(messages)) == ("None;", ";")
    assert old.decode(old.encode_batch([messages])[0].input_ids) == "None;"
    with pytest.raises(UnsupportedInputError) as caught:
        old.encode_batch([messages, [{"role": "user", "content": Role.USER}]])
    assert caught.value.row == 1
