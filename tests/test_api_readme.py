"""The README's Python example, run as it stands."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import ROOT


def test_the_example_in_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)
    assert names["text"] == names["traced"].text
    assert len(names["examples"]) == 2
    assert names["pack"].max_seqlen == len(names["example"])
    assert names["batch"].input_ids.shape[1] % 8 == 0
