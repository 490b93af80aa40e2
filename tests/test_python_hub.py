"""Names that are no directories: hub ids, known or not."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import chatloom
import huggingface_hub
import pytest
from chatloom import files
from conftest import EXAMPLE_CHATS, EXAMPLE_MODEL
from transformers import AutoTokenizer


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hub has the example model under any name."""
    tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    monkeypatch.setattr(files, "_auto_tokenizer", lambda _: tokenizer)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.chdir(tmp_path)


def test_a_name_that_is_no_directory_is_said_to_be_a_hub_id() -> None:
    with pytest.warns(UserWarning, match="no directory models/typo; it is taken as a hub id"):
        chatloom.Formatter.from_pretrained("models/typo")


def test_what_was_fetched_before_needs_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def cached(name: str, file: str, **_: Any) -> str | None:
        return f"/cache/{name}" if file == "tokenizer.json" else None

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", cached)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chatloom.Formatter.from_pretrained("models/known")


def test_what_cannot_be_a_hub_id_is_refused() -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match="can't be a hub id"):
        chatloom.Formatter.from_pretrained("models/my typo")


def test_offline_a_typo_is_told_at_once() -> None:
    command = [sys.executable, "-m", "chatloom", "render", EXAMPLE_CHATS[0], "--model", "models/typo"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 3
    assert "models/typo is no directory, nor a hub id that was fetched before" in done.stderr
