"""Telling a person how far a run is."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import NamedTuple, TextIO


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        stage: "encoding", "planning" or "writing".
        bytes: bytes of input encoded.
        total_bytes: bytes of input in all files; pipes and standard input count for nothing.
        rows: rows encoded.
        tokens: tokens encoded.
        written: tokens written to shards.

    >>> print(Progress("encoding", bytes=500, total_bytes=2000, rows=30, tokens=120, written=0))
    encoding  25%, 30 rows, 120 tokens
    """

    stage: str
    bytes: int
    total_bytes: int
    rows: int
    tokens: int
    written: int

    @property
    def done(self) -> float:
        """The part of the current stage that is done, from 0 to 1."""
        if self.stage == "writing":
            return self.written / self.tokens if self.tokens else 1.0
        return min(1.0, self.bytes / self.total_bytes) if self.total_bytes else 1.0

    def __str__(self) -> str:
        is_known = self.stage == "writing" or self.bytes <= self.total_bytes > 0
        done = f"{self.done:4.0%}" if is_known else f"{self.bytes / 1e6:,.0f} MB"
        return f"{self.stage} {done}, {self.rows:,} rows, {self.tokens:,} tokens"


class Ticker:
    """Shows progress: one rewritten line on a terminal, a line now and then elsewhere, as long as somebody looks."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._every = 0.1 if self._live else 30.0
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Shows `progress`, unless the last one was shown a moment ago."""
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        self._write(f"\r\x1b[K{progress}" if self._live else f"chatloom: {progress}\n")

    def close(self) -> None:
        """Clears the line."""
        if self._live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
