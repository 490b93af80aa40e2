"""What became of rows that were too long, or that the template prints otherwise alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """How many rows and trained tokens were lost, and why.

    Attributes:
        dropped: rows left out because they were too long.
        dropped_cut: rows left out because they were too long, and cut nothing of them would carry loss.
        truncated: rows of which something was cut away because they were too long.
        split: rows that became several examples because they were too long.
        trained_tokens_lost: tokens that carried loss and were lost by that.
        unstable: rows of which a beginning, up to a trained turn, renders otherwise alone than within the whole.
        unstable_unchecked: rows of which not all such beginnings were compared, since together they are longer than
            the row.
        first_unstable: the first unstable row, the message that its beginning ends with, and what the template does.

    >>> from chatloom import Formatter
    >>> fmt = Formatter.from_pretrained("examples/model", max_length=16, overflow="truncate")
    >>> chat = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}]
    >>> fmt.encode_batch([chat, chat[:1]]).cuts.truncated
    1
    """

    dropped: int = 0
    dropped_cut: int = 0
    truncated: int = 0
    split: int = 0
    trained_tokens_lost: int = 0
    unstable: int = 0
    unstable_unchecked: int = 0
    first_unstable: tuple[int, int, str] | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """What there is to tell, a line each."""
        cut = {
            "dropped": self.dropped,
            "dropped, as cut nothing trained would be left": self.dropped_cut,
            "truncated": self.truncated,
            "split": self.split,
        }
        if any(cut.values()):
            rows = ", ".join(f"{count:,} {what}" for what, count in cut.items() if count)
            yield f"too long   {rows}; {self.trained_tokens_lost:,} trained tokens lost"
        if self.first_unstable is not None:
            row, message, reason = self.first_unstable
            rows = "1 row" if self.unstable == 1 else f"{self.unstable:,} rows"
            yield f"unstable   in {rows} a turn is trained after other text than it answers; in row {row}, {reason}"
            yield f"           (found at message {message}; see --unstable)"
        if self.unstable_unchecked:
            rows = "1 row" if self.unstable_unchecked == 1 else f"{self.unstable_unchecked:,} rows"
            yield f"unchecked  {rows} of many turns only in part for such text"
