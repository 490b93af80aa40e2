"""Writes the tables of characters as CPython 3.11 (Unicode 14) has them: `rust/template/src/unicode.rs`.

Run it with that version: `python -m language.unicode_tables` in `tests/`.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

VERSION = "14.0.0"
TABLE = Path(__file__).parents[2] / "rust" / "template" / "src" / "unicode.rs"
HEADER = """\
//! Characters as Python 3.11 (Unicode 14) has them. Written by `tests/language/unicode_tables.py`.

/// First and last code point of a run, and the distance between its members.
type Run = (u32, u32, u32);
/// A run and what is added to its members.
type Shift = (u32, u32, u32, i32);
"""


def characters() -> Iterator[str]:
    """Every Unicode scalar value."""
    return (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)


def is_case_ignorable(c: str) -> bool:
    """What `str.lower` looks through to see whether a capital sigma ends a word."""
    return f"a{c}Σ".lower().endswith("ς") and f"!{c}Σ".lower().endswith("σ")


def is_title(c: str) -> bool:
    return unicodedata.category(c) == "Lt"


SETS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "ALPHABETIC": ("`str.isalpha`", str.isalpha),
    "DECIMAL": ("`str.isdecimal`; within a run the digits ascend, ten by ten", str.isdecimal),
    "DIGIT": ("`str.isdigit`", str.isdigit),
    "NUMERIC": ("`str.isnumeric`", str.isnumeric),
    "LOWERCASE": ("`str.islower`", str.islower),
    "UPPERCASE": ("Upper case", lambda c: c.isupper() and not is_title(c)),
    "TITLECASE": ("Title case", is_title),
    "CASE_IGNORABLE": ("What stands in a word without having case", is_case_ignorable),
    "PRINTABLE": ("`str.isprintable`", str.isprintable),
    "IDENTIFIER_START": ("What an identifier starts with", str.isidentifier),
    "IDENTIFIER": ("What an identifier goes on with", lambda c: f"a{c}".isidentifier()),
}

MAPS: dict[str, tuple[str, Callable[[str], str], Callable[[str], str]]] = {
    "UPPER": ("`str.upper`", str.upper, str),
    "LOWER": ("`str.lower`", str.lower, str),
    "TITLE": ("`str.title`, where it is not the upper case", str.title, str.upper),
    "FOLD": ("`str.casefold`, where it is not the lower case", str.casefold, str.lower),
}


def runs(codes: Iterable[int]) -> list[tuple[int, int, int]]:
    """Ascending numbers as first, last and distance, distances being 1 or 2."""
    found: list[tuple[int, int, int]] = []
    for code in codes:
        if found:
            first, last, step = found[-1]
            if code - last == step or (first == last and code - last <= 2):
                found[-1] = (first, code, code - last)
                continue
        found.append((code, code, 1))
    return found


def shifts(mapped: dict[int, int]) -> list[tuple[int, int, int, int]]:
    """Runs of characters that map to the character at one distance."""
    found: list[tuple[int, int, int, int]] = []
    for code, other in mapped.items():
        delta = other - code
        if found:
            first, last, step, known = found[-1]
            if known == delta and (code - last == step or (first == last and code - last <= 2)):
                found[-1] = (first, code, code - last, delta)
                continue
        found.append((code, code, 1, delta))
    return found


def wrapped(items: Iterable[str]) -> str:
    """Items in lines of a length that can be looked at."""
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) > 108:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line])


def table(doc: str, name: str, kind: str, items: Iterable[str]) -> str:
    return f"\n/// {doc}.\n#[rustfmt::skip]\npub(crate) const {name}: &[{kind}] = &[\n{wrapped(items)}\n];\n"


def escaped(text: str) -> str:
    return "".join(f"\\u{{{ord(c):x}}}" for c in text)


def generated() -> str:
    """The whole file."""
    parts = [HEADER]
    for name, (doc, holds) in SETS.items():
        found = runs(ord(c) for c in characters() if holds(c))
        parts.append(table(doc, name, "Run", (f"({a:#x}, {b:#x}, {step})" for a, b, step in found)))
    for name, (doc, change, otherwise) in MAPS.items():
        mapped = {c: change(c) for c in characters() if change(c) != otherwise(c)}
        single = {ord(c): ord(other) for c, other in mapped.items() if len(other) == 1}
        moves = (f"({a:#x}, {b:#x}, {step}, {delta})" for a, b, step, delta in shifts(single))
        parts.append(table(f"{doc}, one to one", name, "Shift", moves))
        several = (f'({ord(c):#x}, "{escaped(other)}")' for c, other in mapped.items() if len(other) > 1)
        parts.append(table(f"{doc}, one to several", f"{name}_SEVERAL", "(u32, &str)", several))
    return "".join(parts)


def main() -> None:
    if unicodedata.unidata_version != VERSION:
        raise SystemExit(f"expected Unicode {VERSION}, as CPython 3.11 has it, found {unicodedata.unidata_version}")
    TABLE.write_text(generated(), encoding="utf-8")


if __name__ == "__main__":
    main()
