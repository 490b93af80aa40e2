"""From an unmodified template come the labels of the training template that TRL made of it by hand.

TRL ships templates beside twins in which `{% generation %}` covers what a model has to learn. Wherever both
render the same text, the labels from the original have to be the twin's; else the rule is applied to the twin
and compared with its own tags. Three classes of difference are ours by rule, each recognized by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from chatloom import ChatloomError, Formatter
from chatloom.rendered import Rendered, Turn
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import SPECIAL_TOKENS, Conversation, load_conversations, load_templates

TWIN = "_training"
TEMPLATES = dict(load_templates("trl"))
PAIRS = sorted(name for name in TEMPLATES if name + TWIN in TEMPLATES)
CONVERSATIONS = [chat for chat in load_conversations(OWN_CONVERSATIONS) if not chat.continue_final_message]

AFTER_END = "trained by TRL after the end token"
HEADER = "trained by TRL though the generation prompt prints it"
PROMPT_END = "trained by TRL though the prompt ends with it in any case"

LISTED = {
    ("diffusion_gemma", "27_model_role", "A<turn|>\n"): (
        "the role of the message is `model`: by the rule only `assistant` names an answer, unless asked otherwise"
    ),
}
"""Other differences, by template, conversation and text, and why we are right."""


class Run(NamedTuple):
    """A run of characters that one side trains and the other doesn't."""

    start: int
    end: int
    ours: bool


@pytest.mark.parametrize("name", PAIRS)
def test_labels_are_those_of_the_training_template(name: str) -> None:
    original, twin = labeller(TEMPLATES[name]), labeller(TEMPLATES[name + TWIN])
    compared, unexplained = 0, []
    for chat in CONVERSATIONS:
        ruled, tagged = trace(original, chat), trace(twin, chat)
        if tagged is None:
            continue
        judge = original
        if ruled is None or ruled.text != tagged.text:
            ruled, judge = tagged, twin
        compared += bool(ruled.turns)
        for run in differences(ruled, tagged):
            text = tagged.text[run.start : run.end]
            if classify(judge, chat, ruled, run) is None and (name, chat.name, text) not in LISTED:
                unexplained.append((chat.name, "ours" if run.ours else "theirs", text))
    assert not unexplained
    assert compared >= LEAST_COMPARED.get(name, 30)


LEAST_COMPARED = {"gemma": 20, "llava_next": 2}
"""For templates that take few shapes of conversations."""


def test_there_are_as_many_twins_as_trl_ships() -> None:
    assert len(PAIRS) == 31


def test_the_classes_are_all_met_and_where_they_are_expected() -> None:
    names = ("qwen3_instruct_2507", "gptoss", "deepseek_r1_distill", "phi3", "llama3")
    met = {name: kinds(name) for name in names}
    assert set(met["llama3"]) == set()
    assert set(met["qwen3_instruct_2507"]) == {AFTER_END}
    assert set(met["phi3"]) == {AFTER_END}
    assert set(met["gptoss"]) == {HEADER}
    assert set(met["deepseek_r1_distill"]) == {HEADER, PROMPT_END}


def test_a_wrong_label_belongs_to_no_class() -> None:
    """The classes excuse nothing else: each run of untrained text of an answer, taken from what we train, is told."""
    chat = Conversation("pair", [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}])
    formatter = labeller(TEMPLATES["qwen3_instruct_2507"])
    traced = trace(formatter, chat)
    assert traced is not None
    answer = traced.text.index("A.")
    for start, end in ((answer, answer + 2), (answer + 2, answer + 12), (0, 12)):
        assert classify(formatter, chat, traced, Run(start, end, ours=False)) is None
    assert classify(formatter, chat, traced, Run(answer + 12, answer + 13, ours=True)) is None
    assert classify(formatter, chat, traced, Run(answer + 12, answer + 13, ours=False)) == AFTER_END


def kinds(name: str) -> Counter[str | None]:
    """How often which class is met where original and twin render the same."""
    original, twin = labeller(TEMPLATES[name]), labeller(TEMPLATES[name + TWIN])
    met: Counter[str | None] = Counter()
    for chat in CONVERSATIONS:
        ruled, tagged = trace(original, chat), trace(twin, chat)
        if ruled is not None and tagged is not None and ruled.text == tagged.text:
            met.update(classify(original, chat, ruled, run) for run in differences(ruled, tagged))
    return met


def trace(formatter: Formatter, chat: Conversation, count: int | None = None, prompt: bool = False) -> Rendered | None:
    """The trace of the first `count` messages, or None where the template refuses them."""
    call: dict[str, Any] = {**chat.call(), "add_generation_prompt": prompt}
    try:
        return formatter.trace(chat.messages[:count], **call)
    except ChatloomError:
        return None


def differences(ruled: Rendered, tagged: Rendered) -> Iterator[Run]:
    """Where the rule's labels are not the tags', cut where the verdict changes."""
    ours, theirs = [False] * len(ruled.text), [False] * len(ruled.text)
    for start, end in ruled.trained or ():
        ours[start:end] = [True] * (end - start)
    for segment in tagged.segments:
        if segment.generation:
            theirs[segment.start : segment.end] = [True] * (segment.end - segment.start)
    start = 0
    for place in range(1, len(ours) + 1):
        if place == len(ours) or (ours[place], theirs[place]) != (ours[start], theirs[start]):
            if ours[start] != theirs[start]:
                yield Run(start, place, ours[start])
            start = place


def classify(formatter: Formatter, chat: Conversation, ruled: Rendered, run: Run) -> str | None:
    """The class of a difference, or None."""
    if run.ours or any(s.origin == "data" for s in ruled.segments if s.start < run.end and s.end > run.start):
        return None
    if any(_is_after_end(ruled, turn, run) for turn in ruled.turns or ()):
        return AFTER_END
    for turn in ruled.turns or ():
        if run.end <= turn.body[0]:
            return _in_prompt(formatter, chat, ruled, turn, run)
    return None


def _is_after_end(ruled: Rendered, turn: Turn, run: Run) -> bool:
    """White space right after the end token, and at the end of the text also the end of the sequence."""
    text = ruled.text[run.start : run.end]
    if run.end == len(ruled.text):
        text = text.removesuffix(SPECIAL_TOKENS["eos_token"])
    return turn.end_token is not None and run.start == turn.end_token[1] and not text.strip()


def _in_prompt(formatter: Formatter, chat: Conversation, ruled: Rendered, turn: Turn, run: Run) -> str | None:
    """Whether the messages before, rendered anew, end in what the text says from the last data to the run's end."""
    if turn.message == 0:
        return _in_plain_prompt(formatter, ruled, run)
    data_before = max((s.end for s in ruled.segments if s.origin == "data" and s.end <= run.start), default=0)
    text = ruled.text[data_before : run.end]
    prompts = {kind: trace(formatter, chat, turn.message, kind is HEADER) for kind in (PROMPT_END, HEADER)}
    for kind, prompt in prompts.items():
        if prompt is not None and _tail(prompt).startswith(text):
            return kind
    return None


def _in_plain_prompt(formatter: Formatter, ruled: Rendered, run: Run) -> str | None:
    """With no message before, whether a plain chat's prompt says what opens the turn."""
    start = next(segment.start for segment in ruled.segments if segment.turn == 0)
    plain = trace(formatter, Conversation("plain", [{"role": "user", "content": "Q?"}]), prompt=True)
    return HEADER if plain is not None and ruled.text[start : run.end] in _tail(plain) else None


def _tail(rendered: Rendered) -> str:
    """What is printed after the last data."""
    return rendered.text[max((s.end for s in rendered.segments if s.origin == "data"), default=0) :]
