"""Arguments, checked before they reach the core."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterable
from operator import index
from typing import Any

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        ValueError: it is none, or out of bounds; a truth value is none either.

    >>> whole("threads", 4, 1, 1024)
    4
    """
    expected = f"expected a whole number from {low} to {high}"
    if isinstance(value, bool):
        raise ValueError(f"{name} is {value}, {expected}")
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} is a {type(value).__name__}, {expected}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} is {shortened(number)}, {expected}")
    return number


def shortened(number: int) -> str:
    """A number as text, however large it is.

    >>> shortened(-7), shortened(10**5000)
    ('-7', 'a number of more than 20 digits')
    """
    return str(number) if abs(number) < 10**20 else "a number of more than 20 digits"


def shown(value: Any) -> str:
    """A value that was given for another, cut to a line.

    >>> shown("few"), shown([1] * 1000)
    ("'few'", '[1, 1, 1, 1, 1, 1, ...]')
    """
    return reprlib.repr(value)


def paths(given: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """One path, or many, as a list.

    >>> paths("chats.jsonl"), paths(["a.jsonl", "b.jsonl"])
    (['chats.jsonl'], ['a.jsonl', 'b.jsonl'])
    """
    many = [given] if isinstance(given, (str, bytes, os.PathLike)) else given
    return [os.fsdecode(path) for path in many]
