"""Reading what the main job wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from chatloom import manifest
from chatloom.errors import DataError
from chatloom.manifest import ShardEntry
from chatloom.packs import Packs, Shard

# The arrays of a shard: their type, and what of a shard they have an element for.
_ARRAYS: dict[str, tuple[type[np.generic], str]] = {
    "input_ids": (np.int32, "tokens"),
    "labels": (np.int32, "tokens"),
    "weights": (np.float32, "tokens"),
    "seq_lengths": (np.int32, "sequences"),
    "seq_offsets": (np.int64, "borders"),
    "pack_offsets": (np.int64, "borders"),
    "source": (np.int64, "sequences"),
}


def load(path: str | os.PathLike[str]) -> Packs:
    """The packs of an output directory, memory-mapped: tokens and labels are read when they are touched.

    Checked are: the fields of the manifest that are used here, with types and bounds; that each file is there
    and has the size that the manifest tells; the type of each array, and its length by the manifest's counts; that
    sequences and packs follow each other without gaps, none empty and no pack longer than it may be. Tokens,
    labels, rows and the hashes in the manifest are not looked at.

    Raises:
        DataError: the directory is incomplete, damaged, changed since it was written, or of a newer version;
            `path` names the file.

    >>> import tempfile, chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fmt.pack_files("examples/chats/korean.jsonl", f"{folder}/packed", max_length=1024)
    ...     packs = load(f"{folder}/packed")
    ...     packs[0].input_ids.dtype, int(packs[0].cu_seqlens[0])
    (dtype('int32'), 0)
    """
    folder = Path(path)
    facts = manifest.read(folder)
    shards = tuple(_shard(folder / entry.name, entry, facts.max_length) for entry in facts.shards)
    return Packs(shards, facts.max_length, facts.pad_id, path=str(folder.absolute()))


def _shard(folder: Path, entry: ShardEntry, max_length: int) -> Shard:
    for name, size in entry.files.items():
        _check_size(folder / name, size)
    lengths = {"tokens": entry.tokens, "sequences": entry.sequences, "borders": entry.packs + 1}
    shard = Shard(
        **{
            name: _map(folder / f"{name}.npy", dtype, lengths[each])
            for name, (dtype, each) in _ARRAYS.items()
            if name != "weights" or "weights.npy" in entry.files
        }
    )
    if not _fits_together(shard, max_length):
        raise DataError(f"{folder.name}: the places of its packs and sequences don't fit together", path=str(folder))
    return shard


def _fits_together(shard: Shard, max_length: int) -> bool:
    """Whether sequences and packs follow each other from the first token to the last."""
    if np.any(shard.seq_lengths <= 0):
        return False
    starts = np.concatenate(([0], np.cumsum(shard.seq_lengths, dtype=np.int64)))
    packs = shard.seq_offsets
    if packs[0] != 0 or packs[-1] != len(starts) - 1 or np.any(packs[1:] <= packs[:-1]):
        return False
    borders = starts[packs]
    whole = np.array_equal(borders, shard.pack_offsets) and borders[-1] == len(shard.input_ids)
    return bool(whole and np.all(np.diff(borders) <= max_length))


def _check_size(file: Path, expected: int) -> None:
    size = file.stat().st_size if file.is_file() else None
    if size != expected:
        found = "missing" if size is None else f"{size} bytes long"
        raise DataError(f"{file.name} is {found}, the manifest says {expected} bytes", path=str(file))


def _map(file: Path, dtype: type[np.generic], length: int) -> Any:
    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy raises nearly anything at a damaged header
        raise DataError(f"{file.name} is no usable array: {error}", path=str(file)) from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise DataError(f"{file.name} holds {found}, expected flat {np.dtype(dtype)}", path=str(file))
    if len(array) != length:
        raise DataError(f"{file.name} has {len(array)} elements, the manifest says {length}", path=str(file))
    return np.asarray(array)
