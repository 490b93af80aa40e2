"""Packed sequences: what a trainer reads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import overload

import numpy as np
import numpy.typing as npt

from chatloom import _core
from chatloom._checks import INT32_MAX, whole
from chatloom._content import same
from chatloom.errors import PackError
from chatloom.examples import IGNORE, Example, Examples


@dataclass(frozen=True, eq=False, repr=False)
class Pack:
    """Several sequences laid end to end.

    Attributes:
        input_ids: int32[n], the tokens.
        labels: int32[n], the token where the model learns it, else -100; always -100 at the first token of
            each sequence, since trainers shift labels by one across the seam.
        seq_lengths: int32[s], tokens of each sequence.
        source: int64[s], the row each sequence comes from, from 0.
        weights: float32[n], 0 at the first token of each sequence, or None where every loss counts the same.

    >>> ids = np.arange(5, dtype=np.int32)
    >>> one = pack([Example(ids, ids), Example(ids[:3], ids[:3])], max_length=8)[0]
    >>> one
    Pack(8 tokens, 2 sequences)
    >>> one.position_ids, one.cu_seqlens, one.max_seqlen
    (array([0, 1, 2, 3, 4, 0, 1, 2], dtype=int32), array([0, 5, 8], dtype=int32), 5)
    """

    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    seq_lengths: npt.NDArray[np.int32]
    source: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None = None

    @property
    def cu_seqlens(self) -> npt.NDArray[np.int32]:
        """int32[s + 1]: where each sequence starts, and the length of the pack at the end."""
        return np.concatenate(([0], np.cumsum(self.seq_lengths))).astype(np.int32)

    @property
    def position_ids(self) -> npt.NDArray[np.int32]:
        """int32[n]: the place of each token in its sequence, from 0."""
        starts = np.repeat(self.cu_seqlens[:-1], self.seq_lengths)
        return np.arange(len(self), dtype=np.int32) - starts

    @property
    def max_seqlen(self) -> int:
        """Tokens of the longest sequence."""
        return int(self.seq_lengths.max(initial=0))

    def __len__(self) -> int:
        return len(self.input_ids)

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Pack({len(self)} tokens, {len(self.seq_lengths)} sequences)"


@dataclass(frozen=True, eq=False, repr=False)
class Padded:
    """Packs as a rectangle; `dict(padded)` and `padded["input_ids"]` work too.

    Attributes:
        input_ids: int32[packs, width].
        labels: int32[packs, width], -100 where padded.
        position_ids: int32[packs, width], restarting at each sequence, 0 where padded.
        attention_mask: int32[packs, width], 1 for tokens and 0 where padded.

    >>> ids = np.arange(3, dtype=np.int32)
    >>> padded = pack([Example(ids, ids)], max_length=8).padded(multiple=4, pad_id=9)
    >>> padded
    Padded(1 packs, 4 wide)
    >>> padded.input_ids, padded["labels"]
    (array([[0, 1, 2, 9]], dtype=int32), array([[-100,    1,    2, -100]], dtype=int32))
    """

    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    position_ids: npt.NDArray[np.int32]
    attention_mask: npt.NDArray[np.int32]

    def keys(self) -> tuple[str, ...]:
        """The names of the arrays."""
        return ("input_ids", "labels", "position_ids", "attention_mask")

    def __getitem__(self, name: str) -> npt.NDArray[np.int32]:
        if name not in self.keys():
            raise KeyError(name)
        array: npt.NDArray[np.int32] = getattr(self, name)
        return array

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        packs, width = self.input_ids.shape
        return f"Padded({packs} packs, {width} wide)"


@dataclass(frozen=True, eq=False, repr=False)
class Shard:
    """A run of packs in flat arrays, in memory or memory-mapped.

    Attributes:
        input_ids: int32[n], the tokens of all packs.
        labels: int32[n], see `Pack`.
        seq_lengths: int32[s], tokens of each sequence.
        seq_offsets: int64[packs + 1], the first sequence of each pack; the last is s.
        pack_offsets: int64[packs + 1], the first token of each pack; the last is n.
        source: int64[s], the row of each sequence.
        weights: float32[n] or None.

    >>> ids = np.arange(3, dtype=np.int32)
    >>> (shard,) = pack([Example(ids, ids)] * 2, max_length=4).shards
    >>> shard
    Shard(2 packs, 6 tokens)
    >>> shard.pack_offsets
    array([0, 3, 6])
    """

    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    seq_lengths: npt.NDArray[np.int32]
    seq_offsets: npt.NDArray[np.int64]
    pack_offsets: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pack_offsets) - 1

    def __repr__(self) -> str:
        return f"Shard({len(self)} packs, {len(self.input_ids)} tokens)"

    def pack(self, index: int) -> Pack:
        """Views of one pack."""
        tokens = slice(int(self.pack_offsets[index]), int(self.pack_offsets[index + 1]))
        sequences = slice(int(self.seq_offsets[index]), int(self.seq_offsets[index + 1]))
        return Pack(
            self.input_ids[tokens],
            self.labels[tokens],
            self.seq_lengths[sequences],
            self.source[sequences],
            None if self.weights is None else self.weights[tokens],
        )

    def part(self, start: int, stop: int) -> Shard:
        """Views of the packs from `start` up to `stop`."""
        packs = slice(start, stop + 1)
        seq_offsets, pack_offsets = self.seq_offsets[packs], self.pack_offsets[packs]
        sequences, tokens = (slice(int(ends[0]), int(ends[-1])) for ends in (seq_offsets, pack_offsets))
        return Shard(
            self.input_ids[tokens],
            self.labels[tokens],
            self.seq_lengths[sequences],
            seq_offsets - seq_offsets[0],
            pack_offsets - pack_offsets[0],
            self.source[sequences],
            None if self.weights is None else self.weights[tokens],
        )

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False, repr=False)
class Packs:
    """Packs without padding; `packs[i]` gives views, `packs[i:j]` some of them, `padded()` rectangles.

    Attributes:
        shards: the flat arrays, in order.
        max_length: the most tokens a pack may hold.
        pad_id: the token to pad with, if the tokenizer names one.
        path: the directory they are mapped from, or None if they are in memory; a pickle then holds the path
            alone.

    >>> ids = np.arange(3, dtype=np.int32)
    >>> packs = pack([Example(ids, ids)] * 2, max_length=4)
    >>> packs
    Packs(2 packs of at most 4 tokens, 2 sequences, 6 tokens, 75.0% full)
    >>> [len(one) for one in packs], packs.tokens, packs.trained_tokens
    ([3, 3], 6, 4)
    >>> packs[1:]
    Packs(1 packs of at most 4 tokens, 1 sequences, 3 tokens, 75.0% full)
    """

    shards: tuple[Shard, ...]
    max_length: int
    pad_id: int | None = None
    path: str | None = field(default=None, compare=False)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(shard) for shard in self.shards), initial=0))

    @property
    def tokens(self) -> int:
        """Tokens in all packs."""
        return sum(len(shard.input_ids) for shard in self.shards)

    @property
    def sequences(self) -> int:
        """Sequences in all packs."""
        return sum(len(shard.seq_lengths) for shard in self.shards)

    @property
    def trained_tokens(self) -> int:
        """Tokens whose label is not -100."""
        return sum(int(np.count_nonzero(shard.labels != IGNORE)) for shard in self.shards)

    @property
    def fill(self) -> float:
        """The part of the packs' room that tokens take, from 0 to 1."""
        room = len(self) * self.max_length
        return self.tokens / room if room else 0.0

    def padded(self, multiple: int | None = None, pad_id: int | None = None) -> Padded:
        """All packs as one rectangle, as wide as the longest pack.

        Args:
            multiple: rounds the width up to a multiple of this.
            pad_id: the token to pad with; by default the tokenizer's padding token, else its end of text.

        Raises:
            PackError: no padding token is known.
            ValueError: `multiple` is no whole number from 1, or `pad_id` none from 0, to 2**31 - 1.
        """
        if multiple is not None:
            multiple = whole("multiple", multiple, 1, INT32_MAX)
        pad_id = self.pad_id if pad_id is None else whole("pad_id", pad_id, 0, INT32_MAX)
        if pad_id is None:
            raise PackError("the tokenizer names no padding token", hint="pass pad_id=")
        width = max((len(pack) for pack in self), default=0)
        if multiple is not None:
            width = -(-width // multiple) * multiple
        fill_values = (pad_id, IGNORE, 0, 0)
        ids, labels, positions, mask = (np.full((len(self), width), value, np.int32) for value in fill_values)
        for place, pack in enumerate(self):
            ids[place, : len(pack)] = pack.input_ids
            labels[place, : len(pack)] = pack.labels
            positions[place, : len(pack)] = pack.position_ids
            mask[place, : len(pack)] = 1
        return Padded(ids, labels, positions, mask)

    def __reduce__(self) -> tuple[object, ...]:
        if self.path is not None:
            from chatloom.load import load

            return (load, (self.path,))
        return (Packs, (self.shards, self.max_length, self.pad_id))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Pack: ...
    @overload
    def __getitem__(self, index: slice) -> Packs: ...
    def __getitem__(self, index: int | slice) -> Pack | Packs:
        chosen = range(len(self))[index]
        if isinstance(chosen, int):
            shard, place = self._place(chosen)
            return shard.pack(place)
        runs = [chosen] if chosen.step == 1 else [range(one, one + 1) for one in chosen]
        return Packs(tuple(part for run in runs for part in self._parts(run)), self.max_length, self.pad_id)

    def _place(self, index: int) -> tuple[Shard, int]:
        shard = bisect_right(self._starts, index) - 1
        return self.shards[shard], index - self._starts[shard]

    def _parts(self, run: range) -> Iterator[Shard]:
        """A run of packs, shard by shard."""
        start = run.start
        while start < run.stop:
            shard, place = self._place(start)
            stop = min(len(shard), place + run.stop - start)
            yield shard.part(place, stop)
            start += stop - place

    def __iter__(self) -> Iterator[Pack]:
        return (shard.pack(index) for shard in self.shards for index in range(len(shard)))

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"Packs({len(self)} packs of at most {self.max_length} tokens, {self.sequences} sequences, "
            f"{self.tokens} tokens, {self.fill:.1%} full)"
        )


def pack(examples: Examples | Iterable[Example], max_length: int, strategy: str = "bfd") -> Packs:
    """Places examples in as few packs as best-fit-decreasing finds, looking at all of them at once.

    The result depends on nothing but the lengths and their order; among equals the earlier comes first.

    Args:
        examples: what `Formatter.encode_batch` gives, or any `Example`s (their rows are then counted from 0).
        max_length: the most tokens a pack may hold.
        strategy: "bfd", best-fit-decreasing.

    Raises:
        PackError: an example is longer than `max_length`, or has no tokens; `row` names it.
        ValueError: an unknown strategy, or a `max_length` that is no whole number from 1 to 2**31 - 1.

    >>> import numpy as np
    >>> ids = np.arange(5, dtype=np.int32)
    >>> packs = pack([Example(ids, ids), Example(ids[:3], ids[:3])], max_length=8)
    >>> packs[0].seq_lengths, packs[0].labels
    (array([5, 3], dtype=int32), array([-100,    1,    2,    3,    4, -100,    1,    2], dtype=int32))
    """
    if strategy != "bfd":
        raise ValueError(f"unknown strategy {strategy!r}; this version has 'bfd'")
    max_length = whole("max_length", max_length, 1, INT32_MAX)
    flat = examples if isinstance(examples, Examples) else _flat(list(examples))
    lengths = np.diff(flat.offsets)
    _check(lengths, flat.row, max_length)
    return Packs((_gather(flat, lengths, _core.Plan(lengths, max_length)),), max_length, flat.pad_id)


def _check(lengths: npt.NDArray[np.int64], row: npt.NDArray[np.int64], max_length: int) -> None:
    wrong = np.flatnonzero((lengths > max_length) | (lengths == 0))
    if not len(wrong):
        return
    first = int(wrong[0])
    if lengths[first] == 0:
        raise PackError("the example has no tokens", hint="leave it out", row=int(row[first]))
    raise PackError(
        f"the example has {lengths[first]} tokens, more than max_length={max_length}",
        hint="raise max_length, or give the Formatter max_length= and overflow='drop', 'truncate' or 'split'",
        row=int(row[first]),
    )


def _gather(flat: Examples, lengths: npt.NDArray[np.int64], plan: _core.Plan) -> Shard:
    order, starts = plan.order(), plan.starts()
    seq_lengths = lengths[order]
    token_offsets = np.concatenate(([0], np.cumsum(seq_lengths)))
    labels = plan.gather(np.ascontiguousarray(flat.labels), flat.offsets)
    labels[token_offsets[:-1]] = IGNORE
    weights = None
    if flat.weights is not None:
        weights = _gather_weights(plan, flat.weights, flat.offsets)
        weights[token_offsets[:-1]] = 0
    return Shard(
        plan.gather(np.ascontiguousarray(flat.input_ids), flat.offsets),
        labels,
        seq_lengths.astype(np.int32),
        starts,
        token_offsets[starts],
        flat.row[order],
        weights,
    )


def _gather_weights(
    plan: _core.Plan, weights: npt.NDArray[np.float32], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    return plan.gather(np.ascontiguousarray(weights).view(np.int32), offsets).view(np.float32)


def _flat(examples: list[Example]) -> Examples:
    lengths = [len(example) for example in examples]
    offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64)
    row = np.arange(len(examples), dtype=np.int64)
    return Examples(
        _joined([example.input_ids for example in examples]),
        _joined([example.labels for example in examples]),
        offsets,
        row,
        _joined_weights(examples),
    )


def _joined(arrays: list[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    return np.concatenate(arrays) if arrays else np.empty(0, np.int32)


def _joined_weights(examples: list[Example]) -> npt.NDArray[np.float32] | None:
    """The weights of all examples, 1 for each loss where an example has none; None where none has any."""
    if all(example.weights is None for example in examples):
        return None
    plain = ((e.labels != IGNORE).astype(np.float32) if e.weights is None else e.weights for e in examples)
    return np.concatenate(list(plain))
