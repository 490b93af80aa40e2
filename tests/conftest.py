"""What the tests share."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import chatloom
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE_MODEL = ROOT / "examples" / "model"
EXAMPLE_CHATS = sorted((ROOT / "examples" / "chats").glob("*.jsonl"))

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is 2 + 2?"},
    {"role": "assistant", "content": "4."},
]


def pytest_configure() -> None:
    """Has child processes take signals, which they'd ignore if a shell had started the tests in the background."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(scope="session")
def formatter() -> chatloom.Formatter:
    return chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files")


@pytest.fixture(scope="session")
def example_rows() -> list[dict[str, Any]]:
    return [json.loads(line) for path in EXAMPLE_CHATS for line in path.read_text("utf-8").splitlines()]
