"""Every public class: documented, with examples; pickled, copied, compared and shown by content."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import ChatloomError, Example, Examples, Formatter, Options, Progress, Template
from conftest import CHAT, EXAMPLE_CHATS, EXAMPLE_MODEL

NOW = datetime(2026, 3, 14, 15, 9, 26)
PUBLIC = {name: getattr(chatloom, name) for name in chatloom.__all__ if name != "__version__"}
CLASSES = {name: value for name, value in PUBLIC.items() if isinstance(value, type) and not issubclass(value, Warning)}


def formatter(**options: Any) -> Formatter:
    return Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", **options)


def ints(*values: int) -> Any:
    return np.array(values, np.int32)


def example(last: int = 3) -> Example:
    return Example(ints(1, 2, last), ints(-100, 2, last), np.array([0, 1, 0.5], np.float32))


def packs(last: int = 3) -> chatloom.Packs:
    return chatloom.pack([example(last), example()], max_length=4)


def summary(folder: Path, max_length: int) -> chatloom.Summary:
    return formatter().pack_files(EXAMPLE_CHATS, folder / str(max_length), max_length)


MADE: dict[str, Callable[[int], Any]] = {
    "Cuts": lambda n: chatloom.Cuts(truncated=n, first_unstable=(1, 2, "why")),
    "Evidence": lambda n: chatloom.Evidence({"messages": CHAT[:n]}, (("rendered", str(n)),)),
    "Example": example,
    "Examples": lambda n: Examples(ints(1, n), ints(1, n), np.array([0, 2]), np.array([0]), pad_id=n),
    "Finding": lambda n: chatloom.Finding("clock", "note", str(n)),
    "Formatter": lambda n: formatter(max_length=n),
    "Lane": lambda n: chatloom.Lane("fast", str(n)),
    "Limits": lambda n: chatloom.Limits(depth=n),
    "LintReport": lambda n: chatloom.LintReport(str(n), (chatloom.Finding("clock", "note", str(n)),)),
    "Options": lambda n: Options(max_length=n, now=NOW, variables={"tone": "low"}),
    "Pack": lambda n: packs(n)[0],
    "Packs": packs,
    "Padded": lambda n: packs(n).padded(pad_id=0),
    "Progress": lambda n: Progress("encoding", n, 9, 1, 2, 0),
    "Rendered": lambda n: formatter().trace(CHAT[:n], tokens=True),
    "Segment": lambda n: formatter().trace(CHAT).segments[n],
    "Shard": lambda n: packs(n).shards[0],
    "Summary": lambda n: chatloom.Summary(*range(11), (("rows.jsonl", None),), (), (), *range(3), 1.5, 0.9, str(n)),
    "Template": lambda n: Template("{{ messages }}" * n, now=NOW),
    "Turn": lambda n: chatloom.Turn(n, "derived", (1, 2), "none", None),
}


def made(name: str, number: int) -> Any:
    value = PUBLIC[name]
    if issubclass(value, ChatloomError):
        return value("it broke", "TypeError", number, 14, "{{ x }}", "mend it", 7, "messages[0]")
    return MADE[name](number)


@pytest.mark.parametrize("name", CLASSES)
def test_content_survives_and_tells_instances_apart(name: str) -> None:
    one, same, other = made(name, 3), made(name, 3), made(name, 2)
    assert one == same
    assert one != other
    assert one != "something else"
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(one, protocol))
        assert type(again) is type(one)
        assert again == one
    assert copy.deepcopy(one) == copy.copy(one) == one


@pytest.mark.parametrize("name", CLASSES)
def test_hashes_go_by_content(name: str) -> None:
    one, same = made(name, 3), made(name, 3)
    if type(one).__hash__ is None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)
    else:
        assert hash(one) == hash(same)


@pytest.mark.parametrize("name", CLASSES)
def test_reprs_are_short_and_name_the_class(name: str) -> None:
    shown = repr(made(name, 3))
    assert shown.startswith(f"{name}(")
    assert len(shown) < 500
    assert " object at 0x" not in shown


def test_packs_from_a_directory_pickle_by_their_place(tmp_path: Path) -> None:
    formatter().pack_files(EXAMPLE_CHATS, tmp_path / "out", 1024)
    loaded = chatloom.load(tmp_path / "out")
    content = pickle.dumps(loaded)
    assert len(content) < 1000
    assert pickle.loads(content) == loaded
    assert pickle.loads(pickle.dumps(loaded[0])) == loaded[0]


def test_summaries_of_real_runs_pickle(tmp_path: Path) -> None:
    made = summary(tmp_path, 1024)
    assert pickle.loads(pickle.dumps(made)) == made


def members() -> Iterator[tuple[str, Any]]:
    for name, value in PUBLIC.items():
        yield name, value
        for inner, member in vars(value).items() if isinstance(value, type) else ():
            if not inner.startswith("_") and (callable(member) or isinstance(member, (classmethod, property))):
                yield f"{name}.{inner}", member


@pytest.mark.parametrize("name", [name for name, _ in members()])
def test_all_that_is_public_is_documented(name: str) -> None:
    assert inspect.getdoc(dict(members())[name])


@pytest.mark.parametrize("name", PUBLIC)
def test_every_class_and_function_has_an_example(name: str) -> None:
    assert ">>>" in PUBLIC[name].__doc__


@pytest.mark.parametrize("name", ["render", "trace", "encode", "encode_batch", "decode", "pack_files", "from_files"])
def test_what_a_formatter_does_has_an_example(name: str) -> None:
    assert ">>>" in getattr(Formatter, name).__doc__
