"""Comparing with peers: what a report says, and when it says nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from chatloom import bench, cli
from chatloom.bench import Batch, Contest, NotCompared, Timed
from conftest import CHAT, EXAMPLE_CHATS, EXAMPLE_MODEL
from test_cli import rows_file

sys.path.append(str(Path(__file__).parents[1] / "benches"))
import numpy as np
from packing import fills, l2_bound

ROUNDS = 2


def report(*data: Path, **options: Any) -> bench.Report:
    return bench.run(data, EXAMPLE_MODEL, rounds=ROUNDS, **options)


def fixed(seconds: float, result: Any = "same") -> bench.Runner:
    return lambda batch: Timed(result, seconds * len(batch.lines))


def test_a_run_compares_all_that_is_installed() -> None:
    found = report(*EXAMPLE_CHATS)
    names = [line.name for line in found.lines]
    assert names[:3] == ["render", "encode", "drop-in call"]
    assert all(line.ratio > 0 and line.rounds == ROUNDS and line.ours.megabytes > 0 for line in found.lines)
    assert [line.ours.tokens > 0 for line in found.lines[:3]] == [False, True, True]
    assert "whole job" in names or any(reason.startswith("whole job: ") for reason in found.left_out)
    assert found.machine["transformers"].startswith("5.23")


def test_rows_that_cannot_be_compared_are_counted(tmp_path: Path) -> None:
    good = [json.dumps({"messages": CHAT})] * 6
    bad = ["{", '{"text": "no chat"}', json.dumps({"messages": [{"role": "user"}, 1]})]
    long = json.dumps({"messages": [{"role": "user", "content": "word " * 500}]})
    found = report(rows_file(tmp_path, *good, *bad, long), max_length=200)
    assert "1 of 10 rows: no JSON" in found.left_out
    assert "1 of 10 rows: no `messages`" in found.left_out
    assert "1 of 10 rows: longer than 200 tokens" in found.left_out
    assert sum("can't be encoded" in reason for reason in found.left_out) == 1


def test_too_few_rows_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are 1 rows that can be used, and 3 batches"):
        report(rows_file(tmp_path, json.dumps({"messages": CHAT})))


@pytest.mark.skipif(sys.platform != "linux", reason="pins on Linux only")
def test_a_run_leaves_the_process_as_it_was() -> None:
    before = os.sched_getaffinity(0), dict(os.environ)
    with bench.one_core() as facts:
        assert len(os.sched_getaffinity(0)) == 1
        assert facts["pinned to one core"] == "yes"
    assert (os.sched_getaffinity(0), dict(os.environ)) == before


def test_figures_are_medians_over_the_rounds_and_the_first_batch_only_checks() -> None:
    seconds = iter([9.0, 1.0, 2.0, 4.0])
    contest = Contest("copy", "a peer", lambda _: Timed("same", next(seconds)), fixed(4.0), tokens=len)
    batches = [Batch(("1",), 2_000_000)] * 4
    line = bench.race(contest, batches)
    assert (line.rounds, line.rows, line.ratio) == (3, 3, 2.0)
    assert line.ours == bench.Speed(rows=0.5, tokens=2.0, megabytes=1.0)
    assert line.theirs == bench.Speed(rows=0.25, tokens=1.0, megabytes=0.5)


def test_different_results_are_not_timed() -> None:
    contest = Contest("copy", "a peer", fixed(1.0), fixed(1.0, "other"))
    lines, left_out = bench.race_all({"copy": (lambda: contest, [Batch(("1",), 1)] * 2)})
    assert (lines, left_out) == ((), ("copy: the results differ",))


def test_a_missing_peer_is_named() -> None:
    def contest() -> Contest:
        raise NotCompared("trl can't be imported")

    assert bench.race_all({"pack": (contest, [])}) == ((), ("pack: trl can't be imported",))


def test_each_run_gets_objects_of_its_own() -> None:
    batch = Batch((json.dumps({"messages": CHAT}),), 1)
    one, other = batch.values(), batch.values()
    assert one == other
    assert one[0] is not other[0]


def test_a_report_is_a_table_and_json() -> None:
    line = bench.race(Contest("copy", "a peer", fixed(1), fixed(3), note="careful"), [Batch(("1",), 1)] * 2)
    found = bench.Report((line,), ("pack: no",), {"python": "3"}, ("all is well",))
    text = found.to_markdown()
    assert "| copy | a peer | 3.00 |" in text
    for part in ("- copy: careful", "- all is well", "- not measured: pack: no", "- python: 3"):
        assert part in text
    assert json.loads(found.to_json())["lines"][0]["ratio"] == 3


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_the_report(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["bench", *map(str, EXAMPLE_CHATS), "--model", str(EXAMPLE_MODEL), "--rounds", "1"]
    assert cli.main([*command, "--json"] if as_json else command) == 0
    printed = capsys.readouterr()
    assert "comparing: encode" in printed.err
    if as_json:
        assert json.loads(printed.out)["lines"]
    else:
        assert printed.out.startswith("| what |")


def naive_bound(lengths: list[int], capacity: int) -> int:
    bounds = []
    for small in range(capacity // 2 + 1):
        alone = sum(length > capacity - small for length in lengths)
        large = [length for length in lengths if capacity // 2 < length <= capacity - small]
        rest = sum(length for length in lengths if small <= length <= capacity // 2)
        more = -((len(large) * capacity - sum(large) - rest) // capacity)
        bounds.append(alone + len(large) + max(0, more))
    return max(bounds)


@pytest.mark.parametrize("capacity", [10, 11, 64])
def test_the_bound_equals_its_naive_twin(capacity: int) -> None:
    dice = np.random.default_rng(capacity)
    for _ in range(50):
        lengths = dice.integers(1, capacity + 1, dice.integers(1, 40))
        assert l2_bound(lengths, capacity) == naive_bound(lengths.tolist(), capacity)


def test_no_plan_is_below_the_bound() -> None:
    lengths = np.random.default_rng(0).integers(1, 3000, 2000)
    for fill in fills(lengths, 1):
        assert fill.bound <= fill.packs
        assert 0 < fill.fill <= 1
