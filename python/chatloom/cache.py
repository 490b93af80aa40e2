"""What is remembered on disk between runs, where the user named a directory for it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def recall(folder: Path, key: str) -> bool | None:
    """Whether something was found to hold; None where nothing is remembered, or the entry isn't one of ours."""
    try:
        entry = json.loads(_path(folder, key).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    holds = entry.get("holds") if isinstance(entry, Mapping) else None
    return holds if isinstance(holds, bool) and entry == _entry(key, holds) else None


def remember(folder: Path, key: str, holds: bool) -> None:
    """Writes down whether something holds, all of it or nothing.

    Warns:
        UserWarning: it can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as file:
            json.dump(_entry(key, holds), file)
        Path(file.name).replace(_path(folder, key))
    except OSError as error:
        warnings.warn(f"nothing can be remembered in {folder}: {error.strerror}", stacklevel=2)


def _path(folder: Path, key: str) -> Path:
    return folder / f"agrees-{key}.json"


def _entry(key: str, holds: bool) -> dict[str, Any]:
    """An entry with a hash of what it says, so that a damaged one is no entry."""
    said = json.dumps([key, holds])
    return {"key": key, "holds": holds, "hash": hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}
