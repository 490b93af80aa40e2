"""The README's examples, run as they stand."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_in_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)
    assert names["text"] == names["traced"].text
    assert len(names["examples"]) == 2
    assert names["pack"].max_seqlen == len(names["example"])
    assert names["batch"].input_ids.shape[1] % 8 == 0


def test_what_the_readme_shows_is_what_is_printed() -> None:
    ((command, shown),) = re.findall(r"```\n\$ chatloom (.*?)\n(.*?)…\n```", README, re.DOTALL)
    arguments = [sys.executable, "-m", "chatloom", *shlex.split(command)]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.startswith(shown), done.stderr
