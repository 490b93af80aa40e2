"""Trains the example model's tokenizer on the example chats, and writes its directory.

Run it with the package `tokenizers` installed; the same chats and the same version of it give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

EXAMPLES = Path(__file__).parent
MODEL = EXAMPLES / "model"
VOCABULARY_SIZE = 4096
CONTROL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEXT_TOKENS = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
WORDS = r"'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": None,
    "eos_token": "<|im_end|>",
    "pad_token": "<|endoftext|>",
    "clean_up_tokenization_spaces": False,
    "model_max_length": 4096,
}


def texts() -> Iterator[str]:
    """Yields what the tokenizer learns from: every string of the chats and their JSON, and the project's own prose."""
    for path in sorted(EXAMPLES.glob("chats/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield from strings(row["messages"])
            yield from (json.dumps(tool, ensure_ascii=False) for tool in row.get("tools", []))
    yield (EXAMPLES / "about.txt").read_text(encoding="utf-8")


def strings(value: Any) -> Iterator[str]:
    """Yields the strings within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.values() for text in strings(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in strings(item))


def train() -> Tokenizer:
    """Trains a byte-level BPE in NFC, digits one by one."""
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        min_frequency=2,
        special_tokens=CONTROL_TOKENS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in TEXT_TOKENS])
    return tokenizer


def main() -> None:
    """Writes `model/tokenizer.json` and `model/tokenizer_config.json`."""
    tokenizer = train()
    (MODEL / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    (MODEL / "tokenizer_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    print(f"{tokenizer.get_vocab_size()} tokens in {MODEL / 'tokenizer.json'}")


if __name__ == "__main__":
    main()
