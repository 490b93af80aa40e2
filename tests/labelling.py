"""Formatters for bare templates, with a vocabulary of bytes and of the markers that the template prints."""

from __future__ import annotations

from functools import cache

from chatloom import Formatter
from chatloom.files import Model
from chatloom.formatter import Options
from chatloom.linter.stand_in import MARKER
from reference import NOW, SPECIAL_TOKENS
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


def labeller(source: str, rendered: str = "", **options: object) -> Formatter:
    """The formatter of a template whose markers are control tokens: those it spells out, and those it `rendered`."""
    model = Model(
        tokenizer=_byte_tokenizer(frozenset(MARKER.findall(source) + MARKER.findall(rendered))).to_str().encode(),
        templates={"default": source},
        special_tokens={"bos_token": SPECIAL_TOKENS["bos_token"], "eos_token": SPECIAL_TOKENS["eos_token"]},
    )
    return Formatter(model, Options.from_keywords({"now": NOW, **options}))


@cache
def _byte_tokenizer(markers: frozenset[str]) -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokens = sorted(markers | {SPECIAL_TOKENS["bos_token"], SPECIAL_TOKENS["eos_token"]})
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    return tokenizer
