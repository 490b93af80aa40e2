"""Calls leave nothing behind."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import EXAMPLE_MODEL

MANY_CALLS = """
import os, sys, chatloom
formatter = chatloom.Formatter.from_pretrained({model!r}, backend="files")
template = chatloom.Template("{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}")
chat = [{{"role": "user", "content": "What is 2 + 2? " * 20}}, {{"role": "assistant", "content": "4. " * 20}}]
bad = [{{"role": "wizard", "content": "?"}}]

def refused():
    try:
        formatter.encode(bad)
    except chatloom.TemplateRaisedError:
        pass

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def grown():
    before = resident()
    for _ in range({calls}):
        {call}
    return resident() - before

grown()
print(min(grown() for _ in range(3)))
"""

CALLS = [
    "formatter.render(chat)",
    "formatter.trace(chat, tokens=True)",
    "formatter.encode(chat)",
    "formatter.encode_batch([chat, chat])",
    "template.trace(chat)",
    "refused()",
]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("call", CALLS)
def test_many_calls_take_no_more_memory_than_a_few(call: str) -> None:
    program = MANY_CALLS.format(model=str(EXAMPLE_MODEL), calls=1000, call=call)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200_000  # bytes; each call keeps at least 500 for a while
