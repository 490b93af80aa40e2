"""What `manifest.json` says of an output, checked while it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatloom._checks import INT32_MAX, INT64_MAX, shortened
from chatloom.errors import DataError

_NAME = "manifest.json"
_VERSION = 1
_LONGEST = 1 << 26
_SHARD = re.compile(r"shard-[0-9]{5,10}")
_ARRAY = re.compile(r"[a-z_]{1,40}\.npy")


@dataclass(frozen=True)
class ShardEntry:
    """A shard as the manifest tells of it.

    Attributes:
        name: its directory.
        packs: packs in it.
        sequences: sequences in it.
        tokens: tokens in it.
        files: the size of each of its files, by name.
    """

    name: str
    packs: int
    sequences: int
    tokens: int
    files: Mapping[str, int]


@dataclass(frozen=True)
class Manifest:
    """What loading an output has to know.

    Attributes:
        max_length: the most tokens a pack may hold.
        pad_id: the token to pad with, or None.
        shards: the shards, in order.
        tokenizer: the hash of the tokenizer that made the tokens; None where it isn't told.
        read_by: how that tokenizer was read, such as "files"; None where it isn't told.
    """

    max_length: int
    pad_id: int | None
    shards: tuple[ShardEntry, ...]
    tokenizer: str | None
    read_by: str | None


class _Field:
    """A value of the manifest and where it stands; taken apart only as what it is expected to be."""

    def __init__(self, value: Any, place: str = "") -> None:
        self.value = value
        self.place = place

    def __getitem__(self, name: str) -> _Field:
        return _Field(self.entries().get(name), f"{self.place}.{name}".lstrip("."))

    def entries(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return self.value

    def items(self) -> list[_Field]:
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return [_Field(item, f"{self.place}[{index}]") for index, item in enumerate(self.value)]

    def whole(self, low: int, high: int) -> int:
        if type(self.value) is not int or not low <= self.value <= high:
            raise self._wrong(f"a whole number from {low} to {high}")
        return self.value

    def named(self, pattern: re.Pattern[str]) -> str:
        if not isinstance(self.value, str) or not pattern.fullmatch(self.value):
            raise self._wrong(f"a name such as {pattern.pattern}")
        return self.value

    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def _wrong(self, expected: str) -> DataError:
        kind = "nothing" if self.value is None else type(self.value).__name__
        found = shortened(self.value) if type(self.value) is int else kind
        return DataError(f"{_NAME}: `{self.place or 'it'}`: expected {expected}, found {found}")


def read(folder: Path) -> Manifest:
    """Reads the manifest of an output directory.

    Raises:
        DataError: it can't be read, is of another version, or has a field that is missing, of another type, out
            of bounds, or a name that no file of an output has.
    """
    file = folder / _NAME
    try:
        return _manifest(_Field(_json(file)))
    except DataError as error:
        error.path = str(file)
        raise


def _manifest(whole: _Field) -> Manifest:
    version = whole["schema_version"]
    if version.whole(0, INT32_MAX) != _VERSION:
        raise DataError(f"{_NAME} has schema version {version.value}, this chatloom reads {_VERSION}")
    content = whole["content"]
    pad_id, versions = content["pad_id"], _Field(whole.entries().get("run"))
    return Manifest(
        content["max_length"].whole(1, INT32_MAX),
        None if pad_id.value is None else pad_id.whole(0, INT32_MAX),
        tuple(_shard(shard) for shard in content["shards"].items()),
        content["tokenizer"].text(),
        _read_by(versions.value),
    )


def _shard(entry: _Field) -> ShardEntry:
    tokens = entry["tokens"].whole(1, INT32_MAX)
    sequences = entry["sequences"].whole(1, tokens)
    packs = entry["packs"].whole(1, sequences)
    files = entry["files"]
    sizes = {
        _Field(name, f"{files.place} (a name)").named(_ARRAY): files[name]["bytes"].whole(0, INT64_MAX)
        for name in files.entries()
    }
    return ShardEntry(entry["name"].named(_SHARD), packs, sequences, tokens, sizes)


def _read_by(run: Any) -> str | None:
    versions = run.get("versions") if isinstance(run, dict) else None
    return _Field(versions.get("read by")).text() if isinstance(versions, dict) else None


def _json(file: Path) -> Any:
    try:
        if file.exists() and not file.is_file():
            raise DataError(f"{_NAME} is no file")
        if file.stat().st_size > _LONGEST:
            raise DataError(f"{_NAME} has more than {_LONGEST} bytes")
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(
            f"can't read {_NAME}: {reason}", hint="give the directory that `chatloom pack` wrote"
        ) from error
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{_NAME} is no valid JSON") from error
