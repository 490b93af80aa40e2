"""Threads: results, a free interpreter, interrupts."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import Formatter
from conftest import CHAT, EXAMPLE_MODEL

LONG = [{"role": "user", "content": "word " * 3000}, {"role": "assistant", "content": "x " * 3000}]


def test_eight_threads_share_a_formatter(formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    def work(_: int) -> Any:
        rendered = [formatter.trace(row["messages"], row.get("tools"), tokens=True) for row in example_rows]
        return rendered, formatter.encode_batch(example_rows, threads=2)

    expected = work(0)
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(work, range(32)))


@pytest.mark.parametrize("threads", [1, 2, 8, None])
def test_a_batch_is_the_same_on_any_number_of_threads(
    formatter: Formatter, example_rows: list[dict[str, Any]], threads: int | None
) -> None:
    rows = example_rows * 20
    examples = formatter.encode_batch(iter(rows), threads=threads)
    assert examples.row.tolist() == list(range(len(rows)))
    for row, example in zip(example_rows, examples, strict=False):
        assert example == formatter.encode(row["messages"], row.get("tools"))


def test_a_long_conversation_is_encoded_as_short_ones_are(formatter: Formatter) -> None:
    chat = [{"role": message["role"], "content": message["content"] * 60} for message in LONG]
    example = formatter.encode(chat)
    assert example == formatter.encode_batch([CHAT, chat])[1]
    trace = formatter.trace(chat, tokens=True)
    assert np.array_equal(trace.input_ids, example.input_ids)
    assert np.array_equal(trace.labels, example.labels)
    with pytest.raises(chatloom.TemplateRaisedError):
        formatter.encode([*chat, {"role": "wizard", "content": "?"}])


@pytest.mark.parametrize("threads", [1, 8])
def test_the_first_bad_row_is_named_on_any_number_of_threads(formatter: Formatter, threads: int) -> None:
    rows: list[Any] = [CHAT] * 1000
    rows[300] = [{"role": "wizard", "content": "?"}]
    rows[310] = 3
    with pytest.raises(chatloom.TemplateRaisedError) as raised:
        formatter.encode_batch(rows, threads=threads)
    assert raised.value.row == 300
    with pytest.raises(chatloom.DataError) as refused:
        formatter.encode_batch(rows[301:], threads=threads)
    assert refused.value.row == 9


def test_what_the_rows_raise_comes_through(formatter: Formatter) -> None:
    def rows() -> Iterator[Any]:
        yield from [CHAT] * 200
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        formatter.encode_batch(rows(), threads=2)


def test_rows_of_a_dataset_are_read_in_batches(formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    assert formatter.encode_batch(Dataset(example_rows)) == formatter.encode_batch(example_rows)


class Dataset:
    """As a `datasets.Dataset` is iterated; plain iteration would be too slow."""

    __module__ = "datasets.arrow_dataset"

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.names = {name: None for row in rows for name in row}
        self.rows = rows

    def iter(self, batch_size: int) -> Iterator[dict[str, list[Any]]]:
        for start in range(0, len(self.rows), batch_size):
            batch = self.rows[start : start + batch_size]
            yield {name: [row.get(name) for row in batch] for name in self.names}


@pytest.mark.parametrize("threads", [0, -1, 1025, 10**30, True, 1.0, "2"])
def test_threads_are_bounded(formatter: Formatter, tmp_path: Path, threads: Any) -> None:
    expected = r"threads is .*, expected a whole number from 1 to 1024"
    with pytest.raises(ValueError, match=expected):
        formatter.encode_batch([CHAT], threads=threads)
    with pytest.raises(ValueError, match=expected):
        formatter.pack_files([], tmp_path / "out", 64, threads=threads)


@contextmanager
def no_forced_switches() -> Iterator[None]:
    """The interpreter goes to another thread only when the running one lets go of it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def lets_others_run(call: Callable[[], object]) -> bool:
    """Whether another thread gets its turn while `call` runs, again and again."""
    started, ran = threading.Event(), threading.Event()

    def other() -> None:
        started.wait()
        ran.set()

    thread = threading.Thread(target=other)
    with no_forced_switches():
        thread.start()
        started.set()
        seen = any(call() is not ran and ran.is_set() for _ in range(1000))
    thread.join()
    return seen


CALLS: dict[str, Callable[[Formatter], object]] = {
    "render": lambda formatter: formatter.render(LONG),
    "trace": lambda formatter: formatter.trace(LONG),
    "encode": lambda formatter: formatter.encode(LONG),
    "encode_batch": lambda formatter: formatter.encode_batch([LONG]),
    "decode": lambda formatter: formatter.decode([5] * 10_000),
    "compile": lambda _: chatloom.Template("{{ messages }}" * 1000),
    "pack": lambda _: chatloom.pack([EXAMPLE] * 100, max_length=2000),
}
EXAMPLE = chatloom.Example(*[np.arange(1000, dtype=np.int32)] * 2)


@pytest.mark.parametrize("name", CALLS)
def test_other_threads_run_while_the_core_works(formatter: Formatter, name: str) -> None:
    assert lets_others_run(lambda: CALLS[name](formatter))


def test_other_threads_run_while_files_are_packed(formatter: Formatter, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"messages": CHAT}) + "\n", encoding="utf-8")
    assert lets_others_run(lambda: formatter.pack_files([file], tmp_path / "out", 64, overwrite=True))


def test_the_measure_can_fail() -> None:
    assert not lets_others_run(lambda: sum(range(1000)))


INTERRUPTED = """
import itertools, os, signal, sys, threading, time, chatloom
formatter = chatloom.Formatter.from_pretrained({model!r}, backend="files")
chat = [{{"role": "user", "content": "word " * 500}}, {{"role": "assistant", "content": "x " * 500}}]
seen = threading.Event()

class Rows:
    def __iter__(self):
        return self

    def __next__(self):
        seen.set()
        return chat

def interrupt():
    seen.wait()
    global sent
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

rows = {rows}
threading.Thread(target=interrupt, daemon=True).start()
try:
    {call}
except KeyboardInterrupt:
    print(time.monotonic() - sent)
"""


@pytest.mark.parametrize(
    ("rows", "call"),
    [
        ("itertools.repeat(chat)", "seen.set(); formatter.encode_batch(rows, threads=2)"),
        ("Rows()", "formatter.encode_batch(rows, threads=1)"),
        ("[{file!r}]", "formatter.pack_files(rows, {out!r}, 16384, progress=lambda _: seen.set())"),
    ],
)
def test_an_interrupt_ends_long_work(tmp_path: Path, rows: str, call: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text((json.dumps({"messages": LONG}) + "\n") * 3000, encoding="utf-8")
    places = {"file": str(file), "out": str(tmp_path / "out")}
    program = INTERRUPTED.format(model=str(EXAMPLE_MODEL), rows=rows.format(**places), call=call.format(**places))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 2
    assert list(tmp_path.iterdir()) == [file]
