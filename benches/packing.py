"""Packing beside TRL's, and how full the packs are beside the best that is possible."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

import chatloom
import numpy as np
import numpy.typing as npt
from chatloom import _core
from chatloom.bench import Batch, Contest, Timed, timed

Lengths = npt.NDArray[np.int64]

CAPACITIES = (4096, 16384, 32768, 131072)


class Fill(NamedTuple):
    """How a plan came out: its packs, the fewest there can be by the L2 bound, and seconds it took."""

    capacity: int
    packs: int
    bound: int
    fill: float
    seconds: float

    def __str__(self) -> str:
        beyond = self.packs - self.bound
        allowed = max(1, round(self.bound * 0.0005))
        return (
            f"{self.capacity} tokens: {self.packs:,} packs, {self.fill:.2%} full, {beyond} beyond the L2 bound "
            f"of {self.bound:,} (aim: at most {allowed}), planned in {self.seconds * 1000:.0f} ms"
        )


def fills(lengths: Lengths, rounds: int) -> Iterator[Fill]:
    """Plans the lengths at each capacity; longer ones are left out."""
    for capacity in CAPACITIES:
        fitting = lengths[lengths <= capacity]
        runs = [_plan(fitting, capacity) for _ in range(rounds)]
        packs = len(runs[0].result.starts()) - 1
        volume = int(fitting.sum())
        bound = l2_bound(fitting, capacity)
        yield Fill(capacity, packs, bound, volume / (packs * capacity), median(run.seconds for run in runs))


def _plan(lengths: Lengths, capacity: int) -> Timed:
    return timed(lambda _: _core.Plan(lengths, capacity), lambda _: None)(Batch((), 0))


def l2_bound(lengths: Lengths, capacity: int) -> int:
    """Martello and Toth's L2: no packing needs fewer packs.

    For each size `small` up to half the capacity: what is larger than `capacity - small` shares with nothing
    counted, each other one over the half needs a pack of its own, and the rest fills what room these leave.
    """
    counts = np.bincount(lengths, minlength=capacity + 1)
    sizes = np.arange(capacity + 1)
    count_below = np.concatenate(([0], np.cumsum(counts)))
    volume_below = np.concatenate(([0], np.cumsum(counts * sizes)))
    small, half = np.arange(capacity // 2 + 1), capacity // 2 + 1
    alone = count_below[-1] - count_below[capacity - small + 1]
    large = count_below[capacity - small + 1] - count_below[half]
    large_volume = volume_below[capacity - small + 1] - volume_below[half]
    rest = volume_below[half] - volume_below[small] - (large * capacity - large_volume)
    return int(np.max(alone + large + np.maximum(0, -(-rest // capacity))))


def against_trl(name: str, capacity: int) -> Contest:
    """Packing of tokenized rows; the batches' values are their lengths."""
    from datasets import Dataset
    from trl import pack_dataset

    def dataset(batch: Batch) -> Any:
        examples = _examples(batch)
        rows = np.split(examples.input_ids, examples.offsets[1:-1])
        return Dataset.from_dict({"input_ids": rows, "labels": rows})

    ours = timed(lambda examples: chatloom.pack(examples, capacity), _examples)
    theirs = timed(lambda rows: pack_dataset(rows, capacity, "bfd"), dataset)

    def agree(ours: Any, theirs: Any) -> bool:
        return bool(ours.tokens == sum(map(len, theirs["input_ids"])))

    note = f"packs of {capacity} tokens, ids and labels; TRL packs each 1,000 rows by themselves, ours all"
    return Contest(name, "TRL pack_dataset", ours, theirs, agree, lambda packs: int(packs.tokens), note)


def _examples(batch: Batch) -> chatloom.Examples:
    lengths = np.asarray(batch.values(), dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    ids = np.arange(offsets[-1], dtype=np.int32)
    return chatloom.Examples(ids, ids, offsets, np.arange(len(lengths), dtype=np.int64))
