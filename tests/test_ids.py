"""Ids equal those of `apply_chat_template(tokenize=True)`, for real vocabularies and the example model."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any, NamedTuple

import chatloom
import numpy as np
import pytest
from reference import NOW, Conversation, Outcome, load_conversations
from transformers import AutoTokenizer
from vocabularies import MODELS, write_model

ROOT = Path(__file__).parents[1]
EXAMPLE_MODEL = ROOT / "examples" / "model"
CHATS = sorted((ROOT / "examples" / "chats").glob("*.jsonl"))
CONVERSATIONS = load_conversations(Path(__file__).parent / "conversations")


class Sides(NamedTuple):
    """One model directory, loaded by both."""

    formatter: Any
    tokenizer: Any


@pytest.fixture(scope="module", params=["example", *MODELS])
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    name = request.param
    folder = EXAMPLE_MODEL if name == "example" else write_model(name, tmp_path_factory.mktemp(name))
    return Sides(
        chatloom.Formatter.from_pretrained(str(folder), now=NOW),
        AutoTokenizer.from_pretrained(folder),
    )


def example_rows() -> list[Conversation]:
    rows = [(path.stem, json.loads(line)) for path in CHATS for line in path.read_text("utf-8").splitlines()]
    return [Conversation(f"{name} {index}", **row) for index, (name, row) in enumerate(rows)]


def reference_ids(tokenizer: Any, conversation: Conversation) -> list[int] | Outcome:
    try:
        ids: list[int] = tokenizer.apply_chat_template(
            conversation.messages, tokenize=True, return_dict=False, **conversation.call()
        )
    except Exception as error:
        return Outcome.failure(error)
    return ids


def our_ids(formatter: Any, conversation: Conversation) -> list[int] | Outcome:
    try:
        example = formatter.encode(conversation.messages, **conversation.call())
    except chatloom.ChatloomError as error:
        return Outcome("error", getattr(error, "kind", None) or type(error).__name__, str(error))
    assert example.input_ids.dtype == example.labels.dtype == np.int32
    trained = example.labels != -100
    assert np.array_equal(example.labels[trained], example.input_ids[trained])
    ids: list[int] = example.input_ids.tolist()
    return ids


def differs(ours: list[int] | Outcome, theirs: list[int] | Outcome) -> bool:
    if isinstance(ours, Outcome) and isinstance(theirs, Outcome):
        return ours.value != theirs.value
    return ours != theirs


def test_ids_of_the_conversations(sides: Sides) -> None:
    different = [
        c.name for c in CONVERSATIONS if differs(our_ids(sides.formatter, c), reference_ids(sides.tokenizer, c))
    ]
    assert different == []


def test_ids_of_the_examples(sides: Sides) -> None:
    rows = example_rows()
    assert len(rows) >= 60
    different = [c.name for c in rows if differs(our_ids(sides.formatter, c), reference_ids(sides.tokenizer, c))]
    assert different == []


def test_the_example_model_renders_every_example() -> None:
    tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    for row in example_rows():
        ids = reference_ids(tokenizer, row)
        assert not isinstance(ids, Outcome), row.name
        assert tokenizer.decode(ids) == tokenizer.apply_chat_template(row.messages, tokenize=False, **row.call())


def test_the_example_tokenizer_is_what_its_script_trains() -> None:
    script = runpy.run_path(str(ROOT / "examples" / "train_tokenizer.py"))
    assert script["train"]().to_str() == (EXAMPLE_MODEL / "tokenizer.json").read_text("utf-8")
