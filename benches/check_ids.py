"""Compares chatloom's ids with those of transformers on the rows of a JSONL file, and shows trained text.

The exit code is 1 where a row differs or only one side refuses it. With `--show K`, the text of the first K
rows is printed for reading by eye: what carries loss, with `⋯` for each gap between.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import chatloom
from transformers import AutoTokenizer

GAP = "\033[2m⋯\033[0m" if sys.stdout.isatty() else "⋯"


def rows(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """Yields the first rows of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in islice(file, count))


def encode(formatter: chatloom.Formatter, row: dict[str, Any]) -> Any:
    """The row's Example, or `None` where chatloom refuses it."""
    try:
        return formatter.encode(row["messages"], tools=row.get("tools"))
    except chatloom.ChatloomError:
        return None


def reference_ids(tokenizer: Any, row: dict[str, Any]) -> list[int] | None:
    """The row's ids by transformers, or `None` where it refuses it."""
    try:
        ids: list[int] = tokenizer.apply_chat_template(row["messages"], tools=row.get("tools"), return_dict=False)
    except Exception:
        return None
    return ids


def trained_text(formatter: chatloom.Formatter, example: Any) -> str:
    """The text of the tokens that carry loss, with a mark for each gap."""
    tokens = zip(example.input_ids.tolist(), (example.labels >= 0).tolist(), strict=True)
    runs = groupby(tokens, key=lambda token: token[1])
    return "".join(formatter.decode([token for token, _ in run]) if trained else GAP for trained, run in runs)


def main() -> int:
    """Compares the rows that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a directory in the Hugging Face layout")
    parser.add_argument("--data", type=Path, required=True, help="JSONL rows with `messages` and perhaps `tools`")
    parser.add_argument("--rows", type=int, default=1000, help="how many rows (default: 1000)")
    parser.add_argument("--show", type=int, default=0, help="print the trained text of that many rows")
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    formatter = chatloom.Formatter.from_pretrained(str(arguments.model), now=datetime.now())
    counts: Counter[str] = Counter()
    for index, row in enumerate(rows(arguments.data, arguments.rows)):
        theirs, ours = reference_ids(tokenizer, row), encode(formatter, row)
        counts["rows"] += 1
        counts[_verdict(ours, theirs)] += 1
        if ours is not None:
            counts["tokens"] += len(ours.input_ids)
            counts["trained tokens"] += int((ours.labels >= 0).sum())
            if index < arguments.show:
                print(f"── row {index} ──\n{trained_text(formatter, ours)}\n")
    for name in ("rows", "tokens", "trained tokens", "equal", "both refuse", "different", "one side refuses"):
        print(f"{name:<18}{counts[name]:>12}")
    return 1 if counts["different"] or counts["one side refuses"] else 0


def _verdict(ours: Any, theirs: list[int] | None) -> str:
    if ours is None or theirs is None:
        return "both refuse" if ours is None and theirs is None else "one side refuses"
    return "equal" if ours.input_ids.tolist() == theirs else "different"


if __name__ == "__main__":
    sys.exit(main())
