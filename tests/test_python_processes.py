"""Other processes: forked after use, and started anew, with formatters and results sent to and fro."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import warnings
from typing import Any

import chatloom
import pytest
from chatloom import Formatter
from conftest import CHAT, EXAMPLE_MODEL

BAD = [{"role": "wizard", "content": "secret"}]


def encoded(formatter: Formatter, rows: list[Any]) -> chatloom.Examples:
    return formatter.encode_batch(rows, threads=2)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_work_goes_to_processes_and_comes_back(
    formatter: Formatter, example_rows: list[dict[str, Any]], method: str
) -> None:
    expected = encoded(formatter, example_rows * 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # some Pythons warn of any fork beside threads
        pool = multiprocessing.get_context(method).Pool(2)
    with pool:
        first = pool.apply_async(encoded, (formatter, example_rows * 5))
        second = pool.apply_async(encoded, (formatter, [CHAT, BAD]))
        assert first.get(60) == expected
        with pytest.raises(chatloom.TemplateRaisedError) as raised:
            second.get(60)
        assert raised.value.row == 1
        assert pool.apply_async(Formatter.from_pretrained, (EXAMPLE_MODEL,), {"backend": "files"}).get(60) == formatter
    assert encoded(formatter, example_rows * 5) == expected


FORKED_AT_WORK = """
import os, sys, threading, chatloom
formatter = chatloom.Formatter.from_pretrained({model!r}, backend="files")
chat = [{{"role": "user", "content": "word " * 50}}, {{"role": "assistant", "content": "x"}}]
expected, done = formatter.encode_batch([chat] * 200, threads=2), threading.Event()

def work():
    while not done.is_set():
        assert formatter.encode_batch([chat] * 200, threads=2) == expected

workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
codes = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        os._exit(0 if formatter.encode_batch([chat] * 200, threads=2) == expected else 1)
    codes.append(os.waitpid(child, 0)[1])
done.set()
for worker in workers:
    worker.join()
sys.exit(any(codes))
"""


def test_a_process_may_fork_while_threads_encode() -> None:
    program = FORKED_AT_WORK.format(model=str(EXAMPLE_MODEL))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
