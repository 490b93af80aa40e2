"""Packed sequences as text with the trained part marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chatloom.examples import IGNORE

if TYPE_CHECKING:
    from chatloom.formatter import Formatter
    from chatloom.packs import Pack


@dataclass(frozen=True, eq=False)
class Sequence:
    """One sequence of a pack.

    Attributes:
        row: the row it comes from, from 0.
        input_ids: int32[n], the tokens.
        labels: int32[n], the token where the model learns it, else -100.
        formatter: decodes them.
    """

    row: int
    input_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    formatter: Formatter

    def __str__(self) -> str:
        trained = np.count_nonzero(self.labels != IGNORE)
        return f"row {self.row}, {len(self.labels):,} tokens, {trained:,} of them trained"

    def show(self, colour: bool) -> str:
        """The text, its trained runs green, or in double brackets where there is no colour."""
        before, after = ("\x1b[32m", "\x1b[0m") if colour else ("[[", "]]")
        return "".join(f"{before}{text}{after}" if trained else text for text, trained in self._runs())

    def show_tokens(self, colour: bool) -> str:
        """The tokens, one a line: place, id, + where it is trained, text."""
        lines = (
            f"{place:5}  {token:6}  {'+' if label != IGNORE else ' '}  {self._visible(token, label, colour)}"
            for place, (token, label) in enumerate(zip(self.input_ids, self.labels, strict=True))
        )
        return "\n".join(("place      id  +  text", *lines))

    def facts(self) -> dict[str, Any]:
        """Row, tokens, labels and text, as JSON takes them."""
        text = self.formatter.decode(self.input_ids)
        ids, labels = self.input_ids.tolist(), self.labels.tolist()
        return {"row": self.row, "text": text, "input_ids": ids, "labels": labels}

    def _runs(self) -> Iterator[tuple[str, bool]]:
        pairs = zip(self.input_ids, self.labels != IGNORE, strict=True)
        for trained, run in groupby(pairs, key=lambda pair: bool(pair[1])):
            yield self.formatter.decode(token for token, _ in run), trained

    def _visible(self, token: np.int32, label: np.int32, colour: bool) -> str:
        text = visible(self.formatter.decode([int(token)]))
        return f"\x1b[32m{text}\x1b[0m" if colour and label != IGNORE else text


def sequences(pack: Pack, formatter: Formatter) -> Iterator[Sequence]:
    """The sequences of a pack, in order."""
    for row, start, end in zip(pack.source, pack.cu_seqlens[:-1], pack.cu_seqlens[1:], strict=True):
        yield Sequence(int(row), pack.input_ids[start:end], pack.labels[start:end], formatter)


def visible(text: str) -> str:
    r"""The text on one line, with ⏎ for line breaks and escapes for all else that can't be shown.

    >>> print(visible("a b\n\x1b[2J"))
    a b⏎\x1b[2J
    """
    return "".join("⏎" if c == "\n" else c if c.isprintable() else repr(c)[1:-1] for c in text)
