"""Examples and packs: shapes, dtypes, and that nothing is lost."""

from __future__ import annotations

import pickle
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import Example, Examples, Packs
from hypothesis import given
from hypothesis import strategies as st


def examples_of(lengths: list[int], weights: bool = False) -> Examples:
    total = sum(lengths)
    ids = np.arange(total, dtype=np.int32)
    labels = np.where(ids % 3 == 0, -100, ids).astype(np.int32)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    row = np.arange(len(lengths), dtype=np.int64) * 2
    return Examples(ids, labels, offsets, row, np.linspace(0, 1, total, dtype=np.float32) if weights else None, 9)


def best_fit_decreasing(lengths: list[int], capacity: int) -> list[list[int]]:
    """The rule as it is told: longest first, each into the fullest pack that takes it, earlier ones first."""
    packs: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        room = [capacity - sum(lengths[other] for other in pack) for pack in packs]
        fitting = [place for place, left in enumerate(room) if left >= lengths[index]]
        if fitting:
            packs[min(fitting, key=lambda place: room[place])].append(index)
        else:
            packs.append([index])
    return packs


@given(st.lists(st.integers(1, 20), max_size=40), st.booleans())
def test_packs_hold_every_example_once_in_the_places_of_the_rule(lengths: list[int], weights: bool) -> None:
    examples = examples_of(lengths, weights)
    packs = chatloom.pack(examples, max_length=20)
    expected = best_fit_decreasing(lengths, 20)
    assert [list(pack.source // 2) for pack in packs] == expected
    for pack, indexes in zip(packs, expected, strict=True):
        parts = [examples[index] for index in indexes]
        assert np.array_equal(pack.input_ids, np.concatenate([part.input_ids for part in parts]))
        masked = [np.concatenate(([-100], part.labels[1:])) for part in parts]
        assert np.array_equal(pack.labels, np.concatenate(masked))
        assert (pack.weights is not None) == weights
        if pack.weights is not None:
            counted = [np.concatenate(([0], part.weights[1:])) for part in parts]
            assert np.array_equal(pack.weights, np.concatenate(counted))
        assert list(pack.position_ids) == [place for part in parts for place in range(len(part))]
        assert list(pack.cu_seqlens) == [0, *np.cumsum([len(part) for part in parts])]
        assert pack.max_seqlen == max(len(part) for part in parts)


def test_types_are_as_documented() -> None:
    packs = chatloom.pack(examples_of([3, 5, 2], weights=True), max_length=6)
    pack = packs[0]
    for array in (pack.input_ids, pack.labels, pack.seq_lengths, pack.position_ids, pack.cu_seqlens):
        assert array.dtype == np.int32
    assert pack.source.dtype == np.int64
    assert pack.weights is not None
    assert pack.weights.dtype == np.float32
    assert packs.shards[0].seq_offsets.dtype == packs.shards[0].pack_offsets.dtype == np.int64
    assert isinstance(pack.max_seqlen, int)


def test_padded_is_a_rectangle() -> None:
    packs = chatloom.pack(examples_of([5, 3, 4]), max_length=8)
    padded = packs.padded(multiple=8)
    assert padded.input_ids.shape == padded.labels.shape == padded.position_ids.shape == (2, 8)
    assert list(padded.attention_mask[1]) == [1, 1, 1, 1, 0, 0, 0, 0]
    assert list(padded.input_ids[1, 4:]) == [9] * 4
    assert list(padded.labels[1, 4:]) == [-100] * 4
    assert set(dict(padded)) == {"input_ids", "labels", "position_ids", "attention_mask"}
    assert packs.padded(pad_id=1).input_ids[1, 4] == 1
    assert packs.padded(multiple=10).labels.shape == (2, 10)


def test_padding_is_told_by_place_and_never_by_id() -> None:
    ids = np.full(3, 9, dtype=np.int32)
    packs = chatloom.pack(Examples(ids, ids, np.array([0, 3]), np.array([0]), None, 9), max_length=4)
    padded = packs.padded(multiple=4)
    assert list(padded.attention_mask[0]) == [1, 1, 1, 0]
    assert list(padded.labels[0]) == [-100, 9, 9, -100]


def test_padding_needs_a_token() -> None:
    ids = np.arange(3, dtype=np.int32)
    with pytest.raises(chatloom.PackError, match="no padding token"):
        chatloom.pack([Example(ids, ids)], max_length=4).padded()


def test_a_longer_example_is_named_by_its_row() -> None:
    with pytest.raises(chatloom.PackError, match="5 tokens, more than max_length=4") as caught:
        chatloom.pack(examples_of([2, 5]), max_length=4)
    assert caught.value.row == 2


def test_an_empty_example_is_named_by_its_row() -> None:
    with pytest.raises(chatloom.PackError, match="no tokens") as caught:
        chatloom.pack(examples_of([2, 0]), max_length=4)
    assert caught.value.row == 2


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="strategy"):
        chatloom.pack(examples_of([2]), max_length=4, strategy="wrapped")
    with pytest.raises(ValueError, match="max_length"):
        chatloom.pack(examples_of([2]), max_length=0)


@pytest.mark.parametrize("offsets", [[0, 2], [0, 4, 3], [0, -1, 3], [1, 2, 3], [0, 2, 9]])
def test_examples_check_their_offsets(offsets: list[int]) -> None:
    ids = np.arange(3, dtype=np.int32)
    with pytest.raises(ValueError, match="offsets"):
        Examples(ids, ids, np.array(offsets), np.array([0, 1]))


def test_nothing_gives_no_packs() -> None:
    packs = chatloom.pack([], max_length=8)
    assert len(packs) == packs.tokens == 0
    assert packs.fill == 0.0
    assert packs.padded(pad_id=0).input_ids.shape == (0, 0)


def test_indexing_counts_from_both_ends_and_gives_views() -> None:
    examples = examples_of([3, 5, 2])
    packs = chatloom.pack(examples, max_length=5)
    assert examples[-1] == examples[2]
    assert packs[-1] == packs[len(packs) - 1]
    assert np.shares_memory(examples[0].input_ids, examples.input_ids)
    assert np.shares_memory(packs[0].input_ids, packs.shards[0].input_ids)
    with pytest.raises(IndexError):
        packs[len(packs)]


def test_packing_leaves_the_examples_as_they_are() -> None:
    examples = examples_of([3, 5, 2])
    before = examples.labels.copy()
    chatloom.pack(examples, max_length=5)
    assert np.array_equal(examples.labels, before)


def test_all_pickle_and_compare_by_content() -> None:
    examples = examples_of([3, 5, 2], weights=True)
    packs = chatloom.pack(examples, max_length=8)
    for value in (examples, examples[0], packs, packs[0], packs.padded()):
        assert pickle.loads(pickle.dumps(value)) == value
    assert packs != chatloom.pack(examples, max_length=9)
    assert examples[0] != examples[1]


@given(st.lists(st.integers(0, 5), max_size=8), st.slices(8), st.booleans())
def test_slices_of_examples_are_examples(lengths: list[int], part: slice, weights: bool) -> None:
    examples = examples_of(lengths, weights)
    chosen = examples[part]
    assert list(chosen) == [examples[index] for index in range(len(lengths))[part]]
    assert list(chosen.row) == list(examples.row[part])
    assert chosen.pad_id == examples.pad_id
    if range(len(lengths))[part].step == 1 and len(chosen.input_ids):
        assert np.shares_memory(chosen.input_ids, examples.input_ids)


def test_reprs_tell_sizes_and_no_contents() -> None:
    examples = examples_of([3, 5])
    packs = chatloom.pack(examples, max_length=8)
    assert repr(examples) == "Examples(2 examples, 8 tokens, 5 trained)"
    assert repr(packs) == "Packs(1 packs of at most 8 tokens, 2 sequences, 8 tokens, 100.0% full)"
    assert repr(packs[0]) == "Pack(8 tokens, 2 sequences)"
    assert repr(packs.padded()) == "Padded(1 packs, 8 wide)"


def test_weights_are_one_for_each_loss_where_an_example_has_none() -> None:
    ids = np.arange(2, dtype=np.int32)
    packs: Packs = chatloom.pack([Example(ids, ids), Example(ids, ids, np.zeros(2, np.float32))], max_length=4)
    assert packs[0].weights is not None
    assert list(packs[0].weights) == [0, 1, 0, 0], "the first token of a sequence has no loss"


@pytest.mark.parametrize(
    "example",
    [
        lambda ints: (ints(5, 6), ints(5, 6), np.array([0.5, 1.0])),
        lambda ints: (ints(1, 2, 3), ints(7), None),
        lambda ints: (np.array([2**33 + 5]), ints(5), None),
        lambda ints: (np.array([1.7, 2.9]), ints(1, 2), None),
        lambda ints: ([1, 2], ints(1, 2), None),
    ],
    ids=["float64 weights", "fewer labels", "int64 ids", "float ids", "a list"],
)
def test_what_would_be_cast_is_refused(example: Any) -> None:
    def ints(*values: int) -> Any:
        return np.array(values, np.int32)

    with pytest.raises(ValueError, match="must be"):
        Example(*example(ints))


def test_strided_arrays_are_packed_as_they_read() -> None:
    ids = np.arange(8, dtype=np.int32)[::2]
    packs = chatloom.pack([Example(ids, ids, np.ones(8, np.float32)[::2])], max_length=8)
    assert packs[0].input_ids.tolist() == [0, 2, 4, 6]


@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=12),
    st.tuples(*[st.none() | st.integers(-15, 15)] * 2),
    st.sampled_from([None, 1, 2, -1, -3]),
    st.booleans(),
)
def test_a_slice_holds_the_packs_that_a_list_would(
    lengths: list[int], ends: tuple[int | None, int | None], step: int | None, weights: bool
) -> None:
    packs = Packs(chatloom.pack(examples_of(lengths, weights), 8).shards * 3, 8, 9)
    part = packs[slice(*ends, step)]
    assert list(part) == list(packs)[slice(*ends, step)]
    assert (part.max_length, part.pad_id, part.path) == (8, 9, None)
    assert pickle.loads(pickle.dumps(part)) == part


def test_a_batch_is_a_slice_that_is_padded() -> None:
    packs = chatloom.pack(examples_of([5, 3, 4]), max_length=8)
    assert packs[1:].padded(multiple=8).input_ids.shape == (1, 8)
    assert packs[2:].padded(multiple=8).input_ids.shape == (0, 0)
    assert packs[:] == packs
    with pytest.raises(IndexError):
        packs[2]


@pytest.mark.parametrize("wrong", [0, -8, True, 2.0, "8", 2**31, pytest.param(10**5000, id="huge")])
def test_numbers_are_checked(wrong: Any) -> None:
    examples = examples_of([3])
    packs = chatloom.pack(examples, max_length=8)
    with pytest.raises(ValueError, match=r"multiple is .*, expected a whole number from 1 to 2147483647"):
        packs.padded(multiple=wrong)
    with pytest.raises(ValueError, match=r"max_length is .*, expected a whole number from 1 to 2147483647"):
        chatloom.pack(examples, max_length=wrong)
    if wrong != 0:
        with pytest.raises(ValueError, match=r"pad_id is .*, expected a whole number from 0 to 2147483647"):
            packs.padded(pad_id=wrong)
    assert packs.padded(multiple=np.int64(4)).input_ids.shape == (1, 4)
