"""Encoded conversations: token ids and the labels a model learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from chatloom._content import same
from chatloom.cuts import Cuts

IGNORE = -100
"""The label of a token that carries no loss."""


@dataclass(frozen=True, eq=False, repr=False)
class Example:
    """One encoded conversation.

    Attributes:
        input_ids: int32[n], the tokens.
        labels: int32[n], the same token where the model learns it, else -100.
        weights: float32[n], or None where every loss counts the same.

    >>> example = Example(np.array([5, 6, 7], np.int32), np.array([-100, 6, 7], np.int32))
    >>> example
    Example(3 tokens, 2 trained)
    >>> example.input_ids[example.labels != -100]
    array([6, 7], dtype=int32)
    """

    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        _check_arrays(self.input_ids, self.labels, self.weights)

    def __len__(self) -> int:
        return len(self.input_ids)

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Example({len(self)} tokens, {_trained(self.labels)} trained)"


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Encoded conversations, flat: example `i` is `[offsets[i]:offsets[i + 1]]`.

    Indexing gives an `Example`, slicing `Examples`: views, but for slices with a step, which copy.

    Attributes:
        input_ids: int32[n], the tokens of all examples.
        labels: int32[n], the same token where the model learns it, else -100.
        offsets: int64[m + 1], where each example starts; the last is n.
        row: int64[m], the row each example comes from, from 0; a row may give none, or several.
        weights: float32[n], or None where every loss counts the same.
        pad_id: the token to pad with, if the tokenizer names one.
        cuts: what became of rows that were too long or that the template prints otherwise alone; None where that
            isn't known, as of slices. It counts for no comparison.

    Raises:
        ValueError: lengths or offsets that don't fit together.

    >>> ids = np.array([5, 6, 7], np.int32)
    >>> examples = Examples(ids, ids, offsets=np.array([0, 1, 3]), row=np.array([0, 2]))
    >>> examples
    Examples(2 examples, 3 tokens, 3 trained)
    >>> examples[1].input_ids
    array([6, 7], dtype=int32)
    >>> examples[1:]
    Examples(1 examples, 2 tokens, 2 trained)
    """

    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None = None
    pad_id: int | None = None
    cuts: Cuts | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        ends = np.concatenate(([0], self.offsets, [len(self.input_ids)]))
        if len(self.offsets) != len(self.row) + 1 or np.any(np.diff(ends) < 0) or ends[1] != 0 or ends[-2] != ends[-1]:
            raise ValueError("offsets must rise from 0 to the number of tokens, one more than rows")
        _check_arrays(self.input_ids, self.labels, self.weights)

    def __len__(self) -> int:
        return len(self.row)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Examples: ...
    def __getitem__(self, index: int | slice) -> Example | Examples:
        chosen = range(len(self))[index]
        if isinstance(chosen, int):
            return Example(*self._tokens(slice(self.offsets[chosen], self.offsets[chosen + 1])))
        starts, ends = self.offsets[:-1][index], self.offsets[1:][index]
        offsets = np.concatenate(([0], np.cumsum(ends - starts)))
        if chosen.step == 1:
            tokens: Any = slice(starts[0], ends[-1]) if chosen else slice(0)
        else:
            tokens = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], ends - starts)
        input_ids, labels, weights = self._tokens(tokens)
        return Examples(input_ids, labels, offsets, self.row[index], weights, self.pad_id)

    def _tokens(
        self, which: Any
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32] | None]:
        return self.input_ids[which], self.labels[which], None if self.weights is None else self.weights[which]

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        tokens, trained = len(self.input_ids), _trained(self.labels)
        return f"Examples({len(self)} examples, {tokens} tokens, {trained} trained)"


def _check_arrays(
    input_ids: npt.NDArray[np.int32], labels: npt.NDArray[np.int32], weights: npt.NDArray[np.float32] | None
) -> None:
    """Refuses what would otherwise be cast, or train the wrong tokens."""
    arrays = {"input_ids": (input_ids, np.int32), "labels": (labels, np.int32), "weights": (weights, np.float32)}
    for name, (array, dtype) in arrays.items():
        if array is None and name == "weights":
            continue
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
            found = f"{array.dtype}[{array.ndim}-D]" if isinstance(array, np.ndarray) else type(array).__name__
            raise ValueError(f"{name} must be a {np.dtype(dtype).name} array of one dimension, not {found}")
        if len(array) != len(input_ids):
            raise ValueError(f"{name} must be as long as input_ids: {len(array)} is not {len(input_ids)}")


def _trained(labels: npt.NDArray[np.int32]) -> int:
    return int(np.count_nonzero(labels != IGNORE))
