"""The Python face, timed: `pytest benches/test_python_face.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "examples" / "model"
CHATS = sorted((ROOT / "examples" / "chats").glob("*.jsonl"))
TEXT = "The weaver spoke of warp, weft and selvedge. 씨실과 날실이 만나 천이 된다.\n"


@pytest.fixture(scope="module")
def formatter() -> chatloom.Formatter:
    return chatloom.Formatter.from_pretrained(MODEL, backend="files")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for path in CHATS for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(params=[5, 50], ids=["5 messages", "50 messages"])
def chat(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    roles = ["user", "assistant"] * (request.param // 2)
    contents = ({"role": role, "content": f"{place}: {TEXT}" * 6} for place, role in enumerate(roles))
    return [{"role": "system", "content": "Be brief."}, *contents]


def test_render(benchmark: Any, formatter: chatloom.Formatter, chat: list[dict[str, str]]) -> None:
    assert TEXT.strip() in benchmark(formatter.render, chat)


def test_trace(benchmark: Any, formatter: chatloom.Formatter, chat: list[dict[str, str]]) -> None:
    assert benchmark(formatter.trace, chat).trained


def test_encode(benchmark: Any, formatter: chatloom.Formatter, chat: list[dict[str, str]]) -> None:
    assert (benchmark(formatter.encode, chat).labels >= 0).any()


def test_encode_batch(benchmark: Any, formatter: chatloom.Formatter, rows: list[dict[str, Any]]) -> None:
    assert len(benchmark(formatter.encode_batch, rows)) == len(rows)


def test_pack(benchmark: Any) -> None:
    lengths = np.random.default_rng(0).integers(1, 2048, 10_000)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    ids = np.arange(offsets[-1], dtype=np.int32)
    examples = chatloom.Examples(ids, ids, offsets, np.arange(len(lengths)))
    assert benchmark(chatloom.pack, examples, 4096).tokens == len(ids)


def test_pack_files(benchmark: Any, formatter: chatloom.Formatter, tmp_path: Path) -> None:
    def job() -> chatloom.Summary:
        return formatter.pack_files(CHATS, tmp_path / "out", 1024, threads=1, overwrite=True)

    assert benchmark(job).packs


def test_load(benchmark: Any, formatter: chatloom.Formatter, tmp_path: Path) -> None:
    formatter.pack_files(CHATS, tmp_path / "out", 1024, threads=1)
    assert len(benchmark(chatloom.load, tmp_path / "out"))


def test_load_model(benchmark: Any) -> None:
    assert benchmark(chatloom.Formatter.from_pretrained, MODEL, backend="files").fingerprint
