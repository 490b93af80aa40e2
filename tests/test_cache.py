"""What is remembered in a directory that the user names."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom import cli
from chatloom.cache import recall, remember
from conftest import EXAMPLE_CHATS, EXAMPLE_MODEL

KEY = "0" * 64


def load(cache: Path) -> chatloom.Formatter:
    return chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", cache=cache)


def entry(cache: Path) -> Path:
    (found,) = cache.iterdir()
    return found


def test_what_is_remembered_is_recalled(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert recall(folder, KEY) is None
    for holds in (True, False):
        remember(folder, KEY, holds)
        assert recall(folder, KEY) is holds
    assert recall(folder, KEY.replace("0", "1")) is None
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: b"",
        lambda text: text[:-5],
        lambda text: b"\xff" + text,
        lambda text: b"[" * 100_000,
        lambda text: b"[true]",
        lambda text: b'{"holds": true}',
        lambda text: text.replace(b"true", b"false"),
        lambda text: text.replace(b"true", b"1"),
        lambda text: text.replace(KEY.encode(), KEY.replace("0", "1").encode()),
    ],
)
def test_a_damaged_entry_is_none_and_is_written_anew(damage: Any, tmp_path: Path) -> None:
    remember(tmp_path, KEY, True)
    path = entry(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert recall(tmp_path, KEY) is None
    remember(tmp_path, KEY, True)
    assert recall(tmp_path, KEY) is True


def test_a_formatter_remembers_that_its_lane_agrees(tmp_path: Path) -> None:
    first = load(tmp_path)
    written = entry(tmp_path).read_bytes()
    assert json.loads(written)["holds"] is True
    again = load(tmp_path)
    assert again == first == pickle.loads(pickle.dumps(again))
    assert again.lane == first.lane
    assert entry(tmp_path).read_bytes() == written


def test_what_is_remembered_is_relied_on(tmp_path: Path) -> None:
    load(tmp_path)
    key = entry(tmp_path).stem.removeprefix("agrees-")
    remember(tmp_path, key, False)
    with pytest.warns(UserWarning, match="slow way: the fast lane gave other ids"):
        formatter = load(tmp_path)
    assert formatter.lane.name == "tokenizers"
    chat = [{"role": "user", "content": "Hi"}]
    fast = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files")
    assert formatter.encode(chat).input_ids.tolist() == fast.encode(chat).input_ids.tolist()


def test_another_file_has_an_entry_of_its_own(tmp_path: Path) -> None:
    load(tmp_path / "cache")
    other = tmp_path / "tokenizer.json"
    other.write_bytes((EXAMPLE_MODEL / "tokenizer.json").read_bytes() + b"\n")
    chatloom.Formatter.from_files(other, "chatml", cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_tokenizer_that_the_lane_does_not_know_leaves_no_entry(tmp_path: Path) -> None:
    content = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0, "hi": 1}, "unk_token": "?"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    chatloom.Formatter.from_files(tmp_path / "tokenizer.json", "chatml", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_written_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.warns(UserWarning, match="nothing can be remembered in"):
        assert load(tmp_path / "file").lane.name == "fast"


def test_the_command_line_has_it(tmp_path: Path) -> None:
    cache, out = tmp_path / "cache", tmp_path / "out"
    asked = ["--model", str(EXAMPLE_MODEL), "--backend", "files", "--quiet", "--cache", str(cache)]
    assert cli.main(["pack", os.fspath(EXAMPLE_CHATS[0]), "--max-length", "1024", "--out", str(out), *asked]) == 0
    assert json.loads(entry(cache).read_bytes())["holds"] is True
