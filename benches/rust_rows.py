"""Benches in Rust that this process talks to: they hold the rows, and tell how long their work took."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from chatloom.bench import Batch, Timed

ROOT = Path(__file__).parents[1]


def build(bench: str, crate: str = "chatloom-dataset") -> Path:
    """Builds a bench of a crate and returns its executable."""
    command = ["cargo", "bench", "--no-run", "--locked", "--package", crate, "--bench", bench]
    built = subprocess.run(
        [*command, "--message-format", "json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    messages = (json.loads(line) for line in built.stdout.splitlines())
    executables = [message["executable"] for message in messages if message.get("executable")]
    return Path(executables[-1])


class _Process:
    """A bench that takes the path of a file with rows and answers with a line of JSON."""

    def __init__(self, executable: Path, template: str, variables: dict[str, str], scratch: Path, *more: Path) -> None:
        self._rows = scratch / "rows.jsonl"
        (scratch / "template.jinja").write_bytes(template.encode())
        (scratch / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
        command = [executable, scratch / "template.jinja", scratch / "variables.json", *more]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, batch: Batch) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._rows.write_text("".join(f"{line}\n" for line in batch.lines), encoding="utf-8")
        self._process.stdin.write(f"{self._rows}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class RustRows(_Process):
    """A runner of the comparisons: renders rows that are already in Rust, with one template."""

    def __call__(self, batch: Batch) -> Timed:
        """Renders a batch; the result is its texts."""
        answer = self.ask(batch)
        return Timed(answer["texts"], answer["seconds"])


class Stages(_Process):
    """The main job beside encoding the texts alone, in Rust throughout."""

    def remark(self, batches: Sequence[Batch]) -> str:
        """How the job compares, after a first batch that isn't counted."""
        answers = [self.ask(batch) for batch in batches][1:]
        shares = {part: median(answer["texts"] / answer[part] for answer in answers) for part in ("rows", "job")}
        speed = median(answer["bytes"] / answer["texts"] for answer in answers) / 1e6
        return (
            f"the whole job encodes at {shares['job']:.0%} of the speed that encoding the rendered texts alone has "
            f"({speed:.0f} MB/s), rows in memory with labels at {shares['rows']:.0%}"
        )
