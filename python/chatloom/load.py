"""Reading what the main job wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from chatloom.errors import DataError
from chatloom.packs import Packs, Shard

_ARRAYS = {
    "input_ids": np.int32,
    "labels": np.int32,
    "seq_lengths": np.int32,
    "seq_offsets": np.int64,
    "pack_offsets": np.int64,
    "source": np.int64,
}


def load(path: str | os.PathLike[str]) -> Packs:
    """The packs of an output directory, memory-mapped: pages are read when they are touched.

    Raises:
        DataError: the directory is incomplete, changed since it was written, or of a newer version.

    >>> import tempfile, chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fmt.pack_files(["examples/chats/korean.jsonl"], f"{folder}/packed", max_length=1024)
    ...     packs = load(f"{folder}/packed")
    ...     packs[0].input_ids.dtype, int(packs[0].cu_seqlens[0])
    (dtype('int32'), 0)
    """
    folder = Path(path)
    manifest = _manifest(folder)
    try:
        content = manifest["content"]
        shards = tuple(_shard(folder, entry) for entry in content["shards"])
        return Packs(shards, int(content["max_length"]), content.get("pad_id"), path=str(folder.absolute()))
    except (KeyError, TypeError) as error:
        raise DataError("manifest.json lacks a field that it must have", path=str(folder)) from error


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_bytes())
    except OSError as error:
        raise DataError(
            f"can't read manifest.json: {error.strerror}",
            hint="give the directory that `chatloom pack` wrote",
            path=str(file),
        ) from error
    except ValueError as error:
        raise DataError("manifest.json is no valid JSON", path=str(file)) from error
    version = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if version != 1:
        raise DataError(f"manifest.json has schema version {version}, this chatloom reads 1", path=str(file))
    return dict(manifest)


def _shard(folder: Path, entry: dict[str, Any]) -> Shard:
    for name, facts in entry["files"].items():
        _check_size(folder / entry["name"] / name, facts["bytes"])
    return Shard(**{name: _map(folder / entry["name"] / f"{name}.npy", dtype) for name, dtype in _ARRAYS.items()})


def _check_size(file: Path, expected: int) -> None:
    size = file.stat().st_size if file.is_file() else None
    if size != expected:
        found = "missing" if size is None else f"{size} bytes long"
        raise DataError(f"{file.name} is {found}, the manifest says {expected} bytes", path=str(file))


def _map(file: Path, dtype: type[np.generic]) -> Any:
    try:
        array = np.load(file, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DataError(f"{file.name} is no usable array: {error}", path=str(file)) from error
    if array.dtype != dtype or array.ndim != 1:
        raise DataError(f"{file.name} holds {array.dtype}, expected flat {np.dtype(dtype)}", path=str(file))
    return np.asarray(array)
