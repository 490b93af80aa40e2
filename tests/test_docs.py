"""The examples in the docs run as they stand."""

from __future__ import annotations

import doctest

import pytest
from conftest import ROOT


@pytest.mark.parametrize("name", ["labels", "lint"])
def test_the_examples_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "docs" / f"{name}.md"), module_relative=False)
    assert tried > 0
    assert failed == 0
