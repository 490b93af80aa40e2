"""Halves of characters (lone surrogates): refused, or replaced by option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom import cli
from conftest import EXAMPLE_MODEL

HALVES = "a\ud83d b\ude00\ude00 c"
WHOLES = "a\ufffd b\ufffd\ufffd c"


def chat(text: str) -> list[dict[str, Any]]:
    call = {"name": "look", "arguments": {text: [text, (text, 1)]}}
    return [
        {"role": "user", "content": text},
        {"role": "assistant", "content": text, "tool_calls": [{"type": "function", "function": call}]},
    ]


@pytest.fixture(scope="module")
def replacing() -> chatloom.Formatter:
    return chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", surrogates="replace")


def rows_file(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_calls_are_as_with_the_replacement(replacing: chatloom.Formatter) -> None:
    tools = [{"type": "function", "function": {"name": "look", "description": HALVES}}]
    clean = json.loads(json.dumps(tools).replace(json.dumps(HALVES), json.dumps(WHOLES)))
    assert replacing.render(chat(HALVES), tools, note=HALVES) == replacing.render(chat(WHOLES), clean, note=WHOLES)
    assert replacing.trace(chat(HALVES)).text == replacing.trace(chat(WHOLES)).text
    assert replacing.encode(chat(HALVES)).input_ids.tolist() == replacing.encode(chat(WHOLES)).input_ids.tolist()
    assert WHOLES in replacing.render(chat(HALVES))


def test_rows_are_as_with_the_replacement(replacing: chatloom.Formatter) -> None:
    rows = [chat(HALVES), {"messages": chat(HALVES)}]
    clean = [chat(WHOLES), {"messages": chat(WHOLES)}]
    assert replacing.encode_batch(rows).input_ids.tolist() == replacing.encode_batch(clean).input_ids.tolist()


def test_what_is_given_stays_as_it_is(replacing: chatloom.Formatter) -> None:
    given = chat(HALVES)
    replacing.encode(given)
    assert given == chat(HALVES)


def test_lines_of_json_are_as_with_the_replacement(replacing: chatloom.Formatter, tmp_path: Path) -> None:
    row = {"messages": chat(HALVES), "tools": json.dumps([{"type": "function", "function": {"name": HALVES}}])}
    clean = {"messages": chat(WHOLES), "tools": json.dumps([{"type": "function", "function": {"name": WHOLES}}])}
    line, whole = json.dumps(row).encode(), json.dumps(clean).encode()
    assert replacing.trace_line(line).text == replacing.trace_line(whole).text
    ids = []
    for name, source in (("halves", row), ("wholes", clean)):
        replacing.pack_files(rows_file(tmp_path, source, source), tmp_path / name, 1024)
        ids.append(chatloom.load(tmp_path / name)[0].input_ids.tolist())
    assert ids[0] == ids[1]


def test_without_the_option_the_row_is_named(formatter: chatloom.Formatter, tmp_path: Path) -> None:
    with pytest.raises(chatloom.UnsupportedInputError, match="lone surrogate at character 1") as caught:
        formatter.encode_batch([chat("fine"), chat(HALVES)])
    assert caught.value.row == 1
    with pytest.raises(chatloom.DataError, match="lone surrogate"):
        formatter.pack_files(rows_file(tmp_path, {"messages": chat(HALVES)}), tmp_path / "out", 1024)


def test_deep_and_foreign_values_are_errors_of_their_own(replacing: chatloom.Formatter) -> None:
    deep: Any = HALVES
    for _ in range(5000):
        deep = [deep]
    for content in (deep, type("Text", (), {"__str__": lambda _: "x"})):
        with pytest.raises(chatloom.ChatloomError):
            replacing.render([{"role": "user", "content": HALVES, "tool_calls": [deep]}], note=content)


def test_the_option_counts_in_the_identity(replacing: chatloom.Formatter, formatter: chatloom.Formatter) -> None:
    assert replacing != formatter
    with pytest.raises(ValueError, match="surrogates is 'ignore', expected error or replace"):
        chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, surrogates="ignore")


def test_the_command_line_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(rows_file(tmp_path, {"messages": chat(HALVES)}))
    asked = ["render", data, "--model", str(EXAMPLE_MODEL), "--backend", "files"]
    assert cli.main(asked) == 1
    assert cli.main([*asked, "--surrogates", "replace"]) == 0
    assert WHOLES in capsys.readouterr().out
