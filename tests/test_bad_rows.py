"""Every class of bad row, and what it ends as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import pytest
from conftest import CHAT, EXAMPLE_MODEL
from test_cli import MODEL, run

GOOD = json.dumps({"messages": CHAT}).encode()
STRICT = (
    "{% for message in messages %}"
    "{% if message.role not in ['system', 'user', 'assistant'] %}{{ raise_exception('Unknown role') }}{% endif %}"
    "<|im_start|>{{ message.role }}\n{{ message.content + '<|im_end|>' }}\n"
    "{% endfor %}"
)


def messages(*pairs: tuple[str, Any]) -> bytes:
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in pairs]}).encode()


REJECTED = {
    "broken JSON": (b'{"messages": [', "json"),
    "NUL": (b'{"messages": "\x00"}', "json"),
    "a byte-order mark amidst the file": (b"\xef\xbb\xbf" + GOOD, "json"),
    "too deep": (b'{"messages": ' + b"[" * 300 + b"]" * 300 + b"}", "json"),
    "a 50 MB line that is cut off": (b'{"messages": "' + b"s3cret " * 7_500_000, "json"),
    "not UTF-8": (b'{"messages": "\xff"}', "encoding"),
    "a surrogate in UTF-8": (b'{"messages": "\xed\xa0\x80"}', "encoding"),
    "a lone surrogate": (rb'{"messages": [{"role": "user", "content": "\ud83d"}]}', "surrogate"),
    "no object": (b'["s3cret"]', "shape"),
    "no known shape": (b'{"text": "s3cret"}', "shape"),
    "two shapes": (b'{"messages": [], "data": []}', "shape"),
    "another shape than the file's": (b'{"user": "s3cret", "assistant": "s3cret"}', "shape"),
    "no role": (b'{"messages": [{"content": "s3cret"}]}', "field"),
    "content of the wrong type": (messages(("user", 5)), "field"),
    "messages of the wrong type": (b'{"messages": "s3cret"}', "field"),
    "an empty conversation": (b'{"messages": []}', "empty"),
    "an unknown role": (messages(("wizard", "s3cret")), "raised"),
    "content that can't be joined": (messages(("user", {"s3cret": 1})), "render"),
    "a weight that is no number": (
        b'{"messages": [{"role": "user", "content": "s3cret"}, '
        b'{"role": "assistant", "content": "s3cret", "weight": "s3cret"}]}',
        "field",
    ),
    "a row over the length": (messages(("user", "s3cret " * 500), ("assistant", "x")), "too_long"),
}

PACKED = {
    "Windows line ends": GOOD + b"\r",
    "an escaped NUL": rb'{"messages": [{"role": "user", "content": "\u0000"}, {"role": "assistant", "content": "x"}]}',
    "no assistant's turn": messages(("user", "Hi")),
    "a 50 MB line": b'{"note": "' + b"x" * (50 << 20) + b'", ' + GOOD[1:],
}


@pytest.fixture(scope="module")
def strict() -> chatloom.Formatter:
    return chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", chat_template=STRICT)


def write(folder: Path, *rows: bytes) -> Path:
    file = folder / "rows.jsonl"
    file.write_bytes(b"".join(row + b"\n" for row in rows))
    return file


def rejected(out: Path) -> list[dict[str, Any]]:
    text = (out / "rejected.jsonl").read_text("utf-8")
    assert "s3cret" not in text
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", REJECTED)
def test_it_is_rejected(name: str, strict: chatloom.Formatter, tmp_path: Path) -> None:
    row, code = REJECTED[name]
    file = write(tmp_path, GOOD, b"", row, GOOD)
    summary = strict.pack_files([file], tmp_path / "out", 256, on_error="quarantine")
    assert (summary.rows, summary.sequences, summary.rejected, summary.dropped) == (3, 2, 1, 0)
    (line,) = rejected(tmp_path / "out")
    assert (line["source"], line["line"], line["row"], line["code"]) == ("rows.jsonl", 3, 1, code)
    assert chatloom.load(tmp_path / "out")[0].source.tolist() == [0, 2]
    with pytest.raises(chatloom.DataError, match=r"rows\.jsonl, line 3: ") as caught:
        strict.pack_files([file], tmp_path / "stopped", 256)
    assert caught.value.line == 3
    assert line["reason"] in str(caught.value)
    assert not (tmp_path / "stopped").exists()


@pytest.mark.parametrize("name", PACKED)
def test_it_is_packed(name: str, strict: chatloom.Formatter, tmp_path: Path) -> None:
    file = write(tmp_path, b"\xef\xbb\xbf" + GOOD, PACKED[name])
    summary = strict.pack_files([file], tmp_path / "out", 256)
    assert (summary.rows, summary.sequences, summary.rejected) == (2, 2, 0)
    assert not (tmp_path / "out" / "rejected.jsonl").exists()


def test_rows_without_loss_are_counted_or_left_out(strict: chatloom.Formatter, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD, PACKED["no assistant's turn"])
    kept = strict.pack_files([file], tmp_path / "kept", 256)
    assert (kept.sequences, kept.untrained, kept.dropped_untrained) == (2, 1, 0)
    left = strict.pack_files([file], tmp_path / "left", 256, drop_untrained=True)
    assert (left.sequences, left.untrained, left.dropped_untrained) == (1, 0, 1)


def test_a_row_over_the_length_is_filtered_on_demand(tmp_path: Path) -> None:
    dropping = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", overflow="drop")
    file = write(tmp_path, GOOD, REJECTED["a row over the length"][0])
    summary = dropping.pack_files([file], tmp_path / "out", 256, on_error="quarantine")
    assert (summary.sequences, summary.dropped, summary.rejected) == (1, 1, 0)
    assert rejected(tmp_path / "out") == []


def test_every_row_is_accounted_for_whatever_the_threads(strict: chatloom.Formatter, tmp_path: Path) -> None:
    small = [row for row, _ in REJECTED.values() if len(row) < 10_000]
    file = write(tmp_path, *([GOOD, *small, PACKED["an escaped NUL"]] * 200))
    outputs = []
    for threads in (1, 2, 8):
        out = tmp_path / str(threads)
        summary = strict.pack_files([file], out, 256, threads=threads, on_error="quarantine")
        assert (summary.sequences, summary.rejected) == (400, 200 * len(small))
        content = json.loads((out / "manifest.json").read_text("utf-8"))["content"]
        counts = content["counts"]
        assert counts["rows"] == sum(counts[name] for name in ("sequences", "dropped", "dropped_untrained", "rejected"))
        assert (content["on_error"], content["rejected"]["bytes"]) == (
            "quarantine",
            (out / "rejected.jsonl").stat().st_size,
        )
        outputs.append((json.dumps(content), (out / "rejected.jsonl").read_bytes()))
    assert len(set(outputs)) == 1


def test_exit_codes_of_runs_with_rejected_rows(tmp_path: Path) -> None:
    file = write(tmp_path, b"{", GOOD, b"[]")
    out = ["--max-length", 64, "--out", tmp_path / "out", "--on-error", "quarantine"]
    too_many = run("pack", file, *MODEL, *out, "--max-rejected", 1)
    assert too_many.returncode == 1
    assert "more than 1 rows can't be used" in too_many.stderr
    assert "line 3" in too_many.stderr
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    done = run("pack", file, *MODEL, *out, "--max-rejected", 2)
    assert done.returncode == 0, done.stderr
    assert "2 rejected (see rejected.jsonl)" in done.stdout
    all_bad = tmp_path / "bad"
    all_bad.mkdir()
    nothing = run("pack", write(all_bad, b"{"), *MODEL, *out, "--overwrite")
    assert nothing.returncode == 1
    assert "line 1: not JSON" in nothing.stderr


def test_a_file_that_vanishes_before_its_turn_ends_the_run(strict: chatloom.Formatter, tmp_path: Path) -> None:
    first = write(tmp_path, *[GOOD] * 10_000)
    second = tmp_path / "more.jsonl"
    second.write_bytes(GOOD)
    vanish = lambda progress: second.unlink(missing_ok=True)  # noqa: E731
    with pytest.raises(FileNotFoundError, match=r"more\.jsonl"):
        strict.pack_files([first, second], tmp_path / "out", 256, threads=1, on_error="quarantine", progress=vanish)
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_a_file_that_vanishes_while_it_is_read_is_read_to_its_end(strict: chatloom.Formatter, tmp_path: Path) -> None:
    file = write(tmp_path, *[GOOD] * 10_000)
    vanish = lambda progress: file.unlink(missing_ok=True)  # noqa: E731
    assert strict.pack_files([file], tmp_path / "out", 256, threads=1, progress=vanish).rows == 10_000
