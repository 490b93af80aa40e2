"""Documents as long as what stands in chats, of five kinds, each another: from packages on PyPI and this machine."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import materials
from real_texts import texts_under

SHORTEST, LONGEST = 200, 8_000
LANGUAGES = ("ar", "de", "fr", "hi", "ja", "ru", "uk", "vi", "zh_CN", "zh_TW")
LOCALES = Path("/usr/share/locale")


def documents(kind: str, chats: list[materials.Chat]) -> Iterator[str]:
    """Documents of one of `KINDS`, as many as there are; lengths are spread over their logarithms."""
    dice = random.Random(0)
    return (document for text in KINDS[kind](chats, dice) for document in _cut(text, dice))


def _cut(text: str, dice: random.Random) -> Iterator[str]:
    """Pieces of a text, in bytes of UTF-8; what is left at its end may be too short."""
    start = 0
    while start < len(text):
        size = int(SHORTEST * (LONGEST / SHORTEST) ** dice.random())
        piece = text[start : start + size].encode("utf-8")[:size]
        document = piece.decode("utf-8", "ignore")
        start += len(document)
        if len(piece) >= SHORTEST:
            yield document


def _english(chats: list[materials.Chat], _: random.Random) -> Iterator[str]:
    """Answers in ASCII."""
    answers = (message["content"] for chat in chats for message in chat["messages"] if message["role"] == "assistant")
    return (answer for answer in answers if answer.isascii())


def _korean(_: list[materials.Chat], dice: random.Random) -> Iterator[str]:
    """The Korean messages of this machine's programs, then words of Korean laws in random order."""
    yield from _catalogues("ko")
    yield from materials.korean(dice)


def _multilingual(_: list[materials.Chat], dice: random.Random) -> Iterator[str]:
    """The messages of this machine's programs in ten languages, mixed; where there are none, in Korean."""
    texts = [text for language in LANGUAGES for text in _catalogues(language)]
    pieces = [text[start : start + LONGEST] for text in texts for start in range(0, len(text), LONGEST)]
    dice.shuffle(pieces)
    yield from pieces
    yield from materials.korean(dice)


def _catalogues(language: str) -> Iterator[str]:
    """The texts of the compiled catalogues in a language, without what they are in English."""
    for text in texts_under(LOCALES / language):
        yield "".join(f"{message}\n" for message in text.split("\0") if not message.isascii())


def _code(_: list[materials.Chat], dice: random.Random) -> Iterator[str]:
    """Python's own library and the packages beside it."""
    paths = sysconfig.get_paths()
    files = [file for name in ("stdlib", "purelib") for file in sorted(Path(paths[name]).rglob("*.py"))]
    dice.shuffle(files)
    return (file.read_text("utf-8", errors="ignore") for file in files)


def _chatml(chats: list[materials.Chat], _: random.Random) -> Iterator[str]:
    """Chats with the markers between their messages."""
    for chat in chats:
        yield "".join(f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in chat["messages"])


KINDS: dict[str, Callable[[list[materials.Chat], random.Random], Iterator[str]]] = {
    "English": _english,
    "Korean": _korean,
    "code": _code,
    "multilingual": _multilingual,
    "ChatML": _chatml,
}
