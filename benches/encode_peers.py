"""Compares encoding with other libraries: a table for each vocabulary, on one core, in processor time.

Documents are as long as what stands in chats, and each is encoded once. The libraries take turns on the documents of a
round; medians of the rounds are told. In a first round, which isn't timed, each document's ids are compared with those
of `tokenizers`. The tables go to standard output, and as `peers.md` and `peers.json` to `build/bench/`.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import materials
from chatloom import bench
from chatloom.bench import NotCompared
from documents import KINDS, documents
from libraries import OURS, REFERENCE, Answer, Command, Library, commands
from vocabularies import write_model

OUT = Path(__file__).parents[1] / "build" / "bench"
VOCABULARIES = {
    "Qwen3": "qwen3",
    "Llama 3": "llama3",
    "Llama 4, which cuts words as o200k does": "llama4",
    "DeepSeek": "deepseek",
    "Tekken": "tekken",
    "SmolLM2": "smollm2",
    "Mistral 1 in the form of Gemma 3": "gemma_form",
}


class Round(NamedTuple):
    """Documents that are encoded in one call."""

    file: Path
    bytes: int


class Cell(NamedTuple):
    """How a library did on documents of one kind: megabytes a second in each round, and the share of equal ids."""

    speeds: list[float]
    equal: float


Table = dict[str, dict[str, Cell]]


def deal(folder: Path, rounds: int, size: int) -> dict[str, list[Round]]:
    """The rounds of each kind of document, the first one to check with."""
    chats = materials.sharegpt()
    return {kind: list(_rounds(documents(kind, chats), folder / kind, rounds + 1, size)) for kind in KINDS}


def _rounds(texts: Iterator[str], folder: Path, count: int, size: int) -> Iterator[Round]:
    folder.mkdir()
    for number in range(count):
        some: list[str] = []
        taken = 0
        while taken < size:
            some.append(next(texts))
            taken += len(some[-1].encode())
        file = folder / f"{number}.json"
        file.write_text(json.dumps(some), encoding="utf-8")
        yield Round(file, taken)


class Match:
    """All libraries with one tokenizer."""

    def __init__(self, starts: dict[str, Command], tokenizer: Path) -> None:
        self.libraries = {name: Library(command, tokenizer) for name, command in starts.items()}
        self.table: Table = {name: {} for name in starts}
        self.left_out: list[str] = []

    def play(self, rounds: dict[str, list[Round]]) -> None:
        """Fills the table."""
        with ExitStack() as stack:
            for library in self.libraries.values():
                stack.callback(library.close)
            for kind, (first, *rest) in rounds.items():
                self._check(kind, first)
                for number, one in enumerate(rest):
                    self._time(kind, one, number)

    def _check(self, kind: str, one: Round) -> None:
        found = dict(self._answers(one, list(self.libraries)))
        reference = found[REFERENCE].ids
        for name, answer in found.items():
            equal = sum(map(operator.eq, answer.ids, reference))
            self.table[name][kind] = Cell([], equal / len(reference))

    def _time(self, kind: str, one: Round, number: int) -> None:
        names = list(self.libraries)
        first = number % len(names)
        for name, answer in self._answers(one, names[first:] + names[:first]):
            self.table[name][kind].speeds.append(one.bytes / answer.seconds / 1e6)

    def _answers(self, one: Round, names: list[str]) -> Iterator[tuple[str, Answer]]:
        """What the libraries make of some documents; one that fails is left out from then on."""
        for name in names:
            try:
                yield name, self.libraries[name].encode(one.file)
            except NotCompared as reason:
                del self.libraries[name]
                self.left_out.append(f"{name}: {reason}")


def markdown(title: str, table: Table, left_out: list[str]) -> str:
    """A row for each library: megabytes a second, and how many times as fast chatloom is."""
    rows = [[title, *KINDS, "equal ids"], ["---", *["---:"] * (len(KINDS) + 1)]]
    rows += [[name, *_cells(cells, table[OURS]), _equal(cells)] for name, cells in table.items() if cells]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, *(f"- not measured: {reason}" for reason in left_out)]) + "\n"


def _cells(cells: dict[str, Cell], ours: dict[str, Cell]) -> Iterator[str]:
    for kind in KINDS:
        theirs = cells[kind].speeds if kind in cells else []
        if not theirs:
            yield "–"
        elif cells is ours:
            yield f"{median(theirs):.0f}"
        else:
            ratio = median(our / their for our, their in zip(ours[kind].speeds, theirs, strict=False))
            yield f"{median(theirs):.{0 if median(theirs) >= 10 else 1}f} ({ratio:.3g}×)"


def _equal(cells: dict[str, Cell]) -> str:
    return f"{sum(cell.equal for cell in cells.values()) / len(cells):.2%}"


def main() -> int:
    """Compares on the vocabularies that the command line asks for."""
    options = _parser().parse_args()
    starts, left_out = _starts()
    ram = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with bench.one_core() as machine, tempfile.TemporaryDirectory(dir=ram) as scratch:
        rounds = deal(Path(scratch), options.rounds, int(options.megabytes * 1e6))
        report: dict[str, Table] = {}
        parts = [f"Megabytes a second; in brackets, how many times as fast chatloom is. {options.rounds} rounds.\n"]
        for title, tokenizer in _tokenizers(options, Path(scratch)):
            print(f"comparing {title}", file=sys.stderr)
            match = Match(starts, tokenizer)
            match.play(rounds)
            report[title] = match.table
            parts.append(markdown(title, match.table, left_out + match.left_out))
    facts = {**machine, "load at the end": " ".join(f"{load:.1f}" for load in os.getloadavg())}
    parts.append("\n".join(f"- {name}: {fact}" for name, fact in facts.items()) + "\n")
    _write("\n".join(parts), report, facts)
    return 0


def _starts() -> tuple[dict[str, Command], list[str]]:
    """What starts each library that can be had, and why others can't."""
    starts, left_out = {}, []
    for name, command in commands().items():
        try:
            starts[name] = command()
        except NotCompared as reason:
            left_out.append(f"{name}: {reason}")
    return starts, left_out


def _tokenizers(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path]]:
    for title, name in VOCABULARIES.items():
        if not options.only or name in options.only:
            yield title, write_model(name, scratch / name) / "tokenizer.json"
    for path in options.tokenizer:
        yield str(path), path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are timed (default: 5)")
    parser.add_argument("--megabytes", type=float, default=0.5, help="text of a round (default: 0.5)")
    parser.add_argument("--only", action="append", choices=VOCABULARIES.values(), help="this one; may be repeated")
    parser.add_argument("--tokenizer", type=Path, action="append", default=[], help="a tokenizer.json; may be repeated")
    return parser


def _write(text: str, report: dict[str, Table], facts: dict[str, str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    tables = {
        title: {name: {kind: cell._asdict() for kind, cell in cells.items()} for name, cells in table.items()}
        for title, table in report.items()
    }
    (OUT / "peers.json").write_text(json.dumps({"tables": tables, "machine": facts}, indent=1), encoding="utf-8")
    (OUT / "peers.md").write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    sys.exit(main())
