"""Loading what the main job wrote."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        counts = {name: len(arrays[array]) for name, array in (("tokens", "labels"), ("sequences", "source"))}
        counts["packs"] = len(arrays["pack_offsets"]) - 1
        shards.append({"name": folder.name, "files": files, **counts})
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


def save(output: Path, shard: int, name: str, array: Any) -> None:
    """Puts another array in the place of one, and its size into the manifest."""
    file = output / f"shard-{shard:05}" / f"{name}.npy"
    np.save(file, array)
    manifest = json.loads((output / "manifest.json").read_text("utf-8"))
    manifest["content"]["shards"][shard]["files"][file.name] = {"bytes": file.stat().st_size}
    write_manifest(output, manifest)


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        ("seq_lengths", [4, 3, 0]),
        ("seq_lengths", [4, -1, 4]),
        ("seq_lengths", [3, 3, 1]),
        ("seq_lengths", [4, 2, 2]),
        ("seq_offsets", [1, 1, 3]),
        ("seq_offsets", [0, 0, 3]),
        ("seq_offsets", [0, 9, 3]),
        ("seq_offsets", [0, -2, 3]),
        ("seq_offsets", [0, 1, 2]),
        ("pack_offsets", [0, 4, 8]),
        ("pack_offsets", [0, 2**40, 7]),
        ("pack_offsets", [1, 4, 7]),
    ],
)
def test_packs_that_do_not_fit_their_sequences_are_refused(output: Path, name: str, elements: list[int]) -> None:
    save(output, 1, name, np.array(elements, ARRAYS[1][name].dtype))
    with pytest.raises(chatloom.DataError, match="shard-00001: the places of its packs"):
        chatloom.load(output)


def test_a_pack_longer_than_told_is_refused(output: Path) -> None:
    manifest = json.loads((output / "manifest.json").read_text("utf-8"))
    manifest["content"]["max_length"] = 4
    write_manifest(output, manifest)
    with pytest.raises(chatloom.DataError, match="don't fit together"):
        chatloom.load(output)


def test_an_array_of_another_length_is_refused(output: Path) -> None:
    save(output, 0, "labels", np.zeros(4, np.int32))
    with pytest.raises(chatloom.DataError, match=r"labels\.npy has 4 elements, the manifest says 5"):
        chatloom.load(output)


def test_an_array_that_is_something_else_is_refused(output: Path) -> None:
    file = output / "shard-00000" / "labels.npy"
    size, content = file.stat().st_size, file.read_bytes()
    pickled = pickle.dumps(np.arange(5))
    for other in (b"PK\x03\x04", b"\x93NUMPY\x09\x00", pickled, content.replace(b"(5,)", b"5**9"), b""):
        file.write_bytes(other[:size].ljust(size, b"\0"))
        with pytest.raises(chatloom.DataError, match=r"labels\.npy"):
            chatloom.load(output)


HOSTILE = (
    st.none()
    | st.booleans()
    | st.sampled_from([-1, 0, 1, 5, 2**31, 2**63, 2**64, 10**400, float("nan"), float("inf"), 1e308, 2.0])
    | st.integers(-10, 10)
    | st.text(max_size=8)
    | st.sampled_from(["../../etc", "/etc/passwd", "shard-00001", "shard-00000/../shard-00000", "\0", "\ud800", "."])
    | st.recursive(
        st.just([]), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner), max_leaves=4
    )
)


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for name, part in inner for place in places(part, (*above, name)))]


@st.composite
def changed(draw: st.DrawFn, manifest: Any) -> Any:
    """The manifest with one to three of its values, names or fields changed."""
    manifest = json.loads(json.dumps(manifest))
    for _ in range(draw(st.integers(1, 3))):
        ways = places(manifest)[1:]
        if not ways:
            break
        *above, last = draw(st.sampled_from(ways))
        holder = manifest
        for name in above:
            holder = holder[name]
        change = draw(st.sampled_from(["value", "name", "gone"]))
        if change == "gone":
            del holder[last]
        elif change == "name" and isinstance(holder, dict):
            holder[draw(st.text(max_size=8) | st.just("../labels.npy"))] = holder.pop(last)
        else:
            holder[last] = draw(HOSTILE)
    return manifest


def test_a_changed_manifest_loads_or_is_refused(output: Path) -> None:
    manifest = json.loads((output / "manifest.json").read_text("utf-8"))

    @given(changed(manifest))
    @settings(max_examples=300)
    def loads_or_is_refused(other: Any) -> None:
        write_manifest(output, other)
        with suppress(chatloom.DataError):
            packs = chatloom.load(output)
            assert [len(pack.position_ids) for pack in packs] == [len(pack.input_ids) for pack in packs]

    loads_or_is_refused()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 10_000,
        b'{"schema_version": NaN}',
        b'{"schema_version": true}',
        b'{"schema_version": 1, "content": {"max_length": 1e400, "shards": []}}',
        b'{"schema_version": 1, "run": [], "content": {"max_length": 5, "shards": {}}}',
    ],
)
def test_a_manifest_of_any_bytes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(chatloom.DataError, match=r"manifest\.json"):
        chatloom.load(tmp_path)


def test_a_huge_manifest_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(chatloom.DataError, match="more than"):
        chatloom.load(tmp_path)


def test_names_do_not_lead_out_of_the_directory(output: Path) -> None:
    manifest = json.loads((output / "manifest.json").read_text("utf-8"))
    for name in ("../elsewhere", str(output / "shard-00000"), "shard-00000/", "shard-00000\n", ".", ""):
        manifest["content"]["shards"][0]["name"] = name
        write_manifest(output, manifest)
        with pytest.raises(chatloom.DataError, match=r"shards\[0\]\.name"):
            chatloom.load(output)
