"""Loading what the main job wrote."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest

ARRAYS: list[dict[str, Any]] = [
    {
        "input_ids": np.arange(5, dtype=np.int32),
        "labels": np.array([-100, 1, -100, 3, 4], np.int32),
        "seq_lengths": np.array([2, 3], np.int32),
        "seq_offsets": np.array([0, 2], np.int64),
        "pack_offsets": np.array([0, 5], np.int64),
        "source": np.array([4, 0], np.int64),
    },
    {
        "input_ids": np.arange(10, 17, dtype=np.int32),
        "labels": np.full(7, -100, np.int32),
        "seq_lengths": np.array([4, 2, 1], np.int32),
        "seq_offsets": np.array([0, 1, 3], np.int64),
        "pack_offsets": np.array([0, 4, 7], np.int64),
        "source": np.array([1, 2, 3], np.int64),
    },
]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    shards = []
    for index, arrays in enumerate(ARRAYS):
        folder = tmp_path / f"shard-{index:05}"
        folder.mkdir()
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        files = {file.name: {"bytes": file.stat().st_size} for file in folder.iterdir()}
        shards.append({"name": folder.name, "files": files})
    write_manifest(tmp_path, {"schema_version": 1, "content": {"max_length": 6, "pad_id": 3, "shards": shards}})
    return tmp_path


def write_manifest(folder: Path, manifest: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def change_manifest(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    write_manifest(folder, manifest | changes)


def test_packs_run_through_all_shards(output: Path) -> None:
    packs = chatloom.load(output)
    assert [list(pack.source) for pack in packs] == [[4, 0], [1], [2, 3]]
    assert [list(packs[index].input_ids) for index in range(3)] == [
        [0, 1, 2, 3, 4],
        [10, 11, 12, 13],
        [14, 15, 16],
    ]
    assert (len(packs), packs.sequences, packs.tokens, packs.trained_tokens) == (3, 5, 12, 3)
    assert (packs.max_length, packs.pad_id) == (6, 3)
    assert packs.fill == 12 / 18


def test_arrays_are_mapped_and_read_only(output: Path) -> None:
    packs = chatloom.load(output)
    array: Any = packs[0].input_ids
    while not isinstance(array, np.memmap):
        array = array.base
    with pytest.raises(ValueError, match="read-only"):
        packs[0].labels[0] = 1


def test_a_pickle_holds_the_path_alone(output: Path) -> None:
    packs = chatloom.load(output)
    pickled = pickle.dumps(packs)
    assert len(pickled) < 400
    assert pickle.loads(pickled) == packs


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(chatloom.DataError, match=r"manifest\.json") as caught:
        chatloom.load(tmp_path / "absent")
    assert caught.value.path is not None
    assert "absent" in caught.value.path


def test_a_newer_version_is_refused(output: Path) -> None:
    change_manifest(output, schema_version=2)
    with pytest.raises(chatloom.DataError, match="schema version 2"):
        chatloom.load(output)


@pytest.mark.parametrize("manifest", [[], {"schema_version": 1}, {"schema_version": 1, "content": {"shards": 3}}])
def test_a_broken_manifest_is_refused(tmp_path: Path, manifest: Any) -> None:
    write_manifest(tmp_path, manifest)
    with pytest.raises(chatloom.DataError, match=r"manifest\.json"):
        chatloom.load(tmp_path)


def test_a_manifest_that_is_no_json_is_refused(output: Path) -> None:
    (output / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(chatloom.DataError, match="no valid JSON"):
        chatloom.load(output)


def test_a_truncated_array_is_named(output: Path) -> None:
    file = output / "shard-00001" / "labels.npy"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(chatloom.DataError, match=r"labels\.npy is \d+ bytes long"):
        chatloom.load(output)


def test_a_missing_array_is_named(output: Path) -> None:
    (output / "shard-00000" / "source.npy").unlink()
    with pytest.raises(chatloom.DataError, match=r"source\.npy is missing"):
        chatloom.load(output)


def test_an_array_of_another_type_is_refused(output: Path) -> None:
    file = output / "shard-00000" / "labels.npy"
    np.save(file, np.zeros(5, np.float32))
    with pytest.raises(chatloom.DataError, match="float32"):
        chatloom.load(output)
