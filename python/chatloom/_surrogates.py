"""Halves of characters (lone surrogates), which Python's text may hold and UTF-8 can't."""

from __future__ import annotations

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
# What is nested deeper is refused anyway.
_DEEPEST = 256


def replaced(value: Any, depth: int = 0) -> Any:
    r"""The same plain data with U+FFFD in place of each half; what is no dict, list, tuple or text stays.

    >>> replaced([{"content": "a\ud83d"}])[0]["content"].encode()
    b'a\xef\xbf\xbd'
    """
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if depth > _DEEPEST:
        return value
    if type(value) is dict:
        return {replaced(key, depth + 1): replaced(item, depth + 1) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(replaced(item, depth + 1) for item in value)
    return value
