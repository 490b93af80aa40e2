"""Renders rows that are already in Rust: a process that holds them, and tells how long rendering took."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from chatloom.bench import Batch, Timed

ROOT = Path(__file__).parents[1]


def build() -> Path:
    """Builds the bench `rows` of the dataset crate and returns its executable."""
    command = ["cargo", "bench", "--no-run", "--locked", "--package", "chatloom-dataset", "--bench", "rows"]
    built = subprocess.run(
        [*command, "--message-format", "json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    messages = (json.loads(line) for line in built.stdout.splitlines())
    executables = [message["executable"] for message in messages if message.get("executable")]
    return Path(executables[-1])


class RustRows:
    """A runner of the comparisons, for one template."""

    def __init__(self, executable: Path, template: str, variables: dict[str, str], scratch: Path) -> None:
        self._rows = scratch / "rows.jsonl"
        (scratch / "template.jinja").write_bytes(template.encode())
        (scratch / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
        command = [executable, scratch / "template.jinja", scratch / "variables.json"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, batch: Batch) -> Timed:
        """Renders a batch; the result is its texts."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._rows.write_text("".join(f"{line}\n" for line in batch.lines), encoding="utf-8")
        self._process.stdin.write(f"{self._rows}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Timed(answer["texts"], answer["seconds"])
