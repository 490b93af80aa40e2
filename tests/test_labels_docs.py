"""The examples of docs/labels.md run as they stand."""

from __future__ import annotations

import doctest

import pytest
from conftest import ROOT


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "labels.md"), module_relative=False)
    assert tried > 0
    assert failed == 0
