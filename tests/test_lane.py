"""The fast lane: which tokenizers go it, and that its ids are those of `tokenizers`."""

from __future__ import annotations

import json
import pickle
import random
import warnings
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom.lane import warn_if_suspicious
from tokenizers import Tokenizer
from vocabularies import MODELS, write_model

SPACES = [" ", "  ", "\n", "\r\n", "\n\n\n", "\t", "\u200b", "\0", "▁", "▁▁"]
WORDS = [
    "the",
    "Hello",
    "HTTPServer",
    "'s",
    "'LL",
    "1",
    "12345",
    "Ⅷ",
    "½",
    "!",
    "...",
    "<0x0A>",
    "/",
    "é",
    "é",
    "́",
    "ſ",
    "ǅ",
    "ー",
    "中文",
    "のカ゠",
    "한국어",
    "ᄒ",
    "ᅡ",
    "ᆫ",
    "عَ",
    "ไทย",
    "😀",
]
ONLY_CONTENT = "{{ messages[0].content }}"
FAMILIES = {
    "qwen3": "byte-level BPE, which cuts words as Qwen 2 and 3 do",
    "llama3": "byte-level BPE, which cuts words as cl100k and Llama 3 do",
    "llama4": "byte-level BPE, which cuts words as o200k and GPT-OSS do",
    "deepseek": "byte-level BPE, which cuts words as DeepSeek 3 does",
    "mistral1": "SentencePiece-style BPE, whose normalizer marks spaces",
    "mistral3": "SentencePiece-style BPE, whose pre-tokenizer marks spaces",
    "gemma_form": "SentencePiece-style BPE, whose normalizer marks spaces",
    "tekken": "byte-level BPE, which cuts words as Tekken does",
    "smollm2": "byte-level BPE, which cuts words as GPT-2 does, and digits apart",
}


def texts(count: int, added: list[str]) -> list[str]:
    dice = random.Random(0)
    pieces = [*SPACES, *WORDS, *dice.sample(added, min(8, len(added))), *(token[:-1] for token in added[:3])]
    return ["".join(dice.choices(pieces, k=dice.randrange(40))) for _ in range(count)]


@pytest.mark.parametrize("name", MODELS)
def test_real_vocabularies_go_the_fast_lane_with_equal_ids(name: str, tmp_path: Path) -> None:
    folder = write_model(name, tmp_path)
    formatter = chatloom.Formatter.from_files(folder / "tokenizer.json", _template(tmp_path))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert formatter.lane == chatloom.Lane("fast", FAMILIES[name])
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    cases = texts(2000, added)
    examples = formatter.encode_batch([[{"role": "user", "content": text}] for text in cases])
    theirs = tokenizer.encode_batch_fast(cases, add_special_tokens=False)
    assert [example.input_ids.tolist() for example in examples] == [encoding.ids for encoding in theirs]


def _template(folder: Path) -> Path:
    path = folder / "only_content.jinja"
    path.write_text(ONLY_CONTENT, encoding="utf-8")
    return path


def test_an_unknown_tokenizer_is_left_to_tokenizers(tmp_path: Path) -> None:
    content = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0, "hi": 1}, "unk_token": "?"}}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        formatter = chatloom.Formatter.from_files(path, _template(tmp_path))
    assert formatter.lane == chatloom.Lane("tokenizers", "its model is not BPE")
    assert formatter.encode([{"role": "user", "content": "hi"}]).input_ids.tolist() == [1]
    assert pickle.loads(pickle.dumps(formatter)).lane == formatter.lane


def test_a_lane_that_fails_its_test_is_warned_of() -> None:
    class Core:
        def lane(self) -> tuple[str, str, bool]:
            return ("tokenizers", "the fast lane gave other ids on a test text", True)

    core: Any = Core()
    with pytest.warns(UserWarning, match="slow way: the fast lane gave other ids"):
        warn_if_suspicious(core)
