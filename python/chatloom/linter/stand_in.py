"""A vocabulary for templates that come without one: bytes, and the markers that the template prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from chatloom.errors import ChatloomError
from chatloom.formatter import Formatter, Options
from chatloom.linter.chats import CALL, PLAIN, SYSTEM
from chatloom.model import Model
from chatloom.template import Template

SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

MARKER = re.compile(
    r"<\|[^|<>\s]{1,40}\|>"  # <|im_end|>
    r"|<｜[^｜<>]{1,40}｜>"  # <｜Assistant｜>
    r"|</?[a-zA-Z_0-9▁:]{1,30}>"  # <end_of_turn>, </think>, <seed:eos>
    r"|<\|?[a-z_]{1,30}\|?>"  # <turn|>
    r"|\[/?[A-Z_]{3,}\]"  # [/INST]
    r"|\[\|[a-z]+\|\]"  # [|endofturn|]
    r"|\]~!?b[\]\[]|\[e~\["  # ]~b], [e~[
)
"""What vocabularies usually have as a token of its own."""


def formatter_of(template: Template, options: dict[str, Any]) -> Formatter:
    """A formatter of a bare template."""
    tokens = {*MARKER.findall(template.source), *_printed(template, options), *SPECIAL_TOKENS.values()}
    model = Model(_tokenizer(sorted(tokens)), {"default": template.source}, SPECIAL_TOKENS)
    return Formatter(model, Options.from_keywords(options))


def _printed(template: Template, options: dict[str, Any]) -> Iterable[str]:
    """The markers that the template puts together."""
    variables = {**SPECIAL_TOKENS, **Options.from_keywords(options).variables}
    for chat in (PLAIN, SYSTEM, CALL):
        try:
            yield from MARKER.findall(template.render(**chat.arguments(), **variables))
        except ChatloomError:
            continue


def _tokenizer(tokens: list[str]) -> bytes:
    letters = {letter: index for index, letter in enumerate(_byte_letters())}
    added = [
        {"id": 256 + index, "content": token, "special": True, "normalized": False}
        | dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
        for index, token in enumerate(tokens)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    model = {"type": "BPE", "vocab": letters, "merges": []}
    parts = {"version": "1.0", "added_tokens": added, "pre_tokenizer": byte_level, "decoder": byte_level}
    return json.dumps({**parts, "model": model}).encode()


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in byte-level vocabularies."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]
