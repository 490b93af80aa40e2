"""What the main job made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatloom.cuts import Cuts

_HEADERS = {
    "derived": "derived from the generation prompt",
    "guessed": "guessed from a plain chat",
    "none": "none found, so all that the template prints there is trained",
    "unknown": "unknown, since the template answers no plain chat",
}
_ENDS = {
    "printed": "printed by the turn",
    "follows": "the one that follows the turn",
    "none": "none found, so nothing tells the model to stop",
    "unknown": "unknown",
}


def frame(header: str, end: str) -> str:
    """How what stands around an answer was found, in words."""
    return f"header {_HEADERS[header]}, end token {_ENDS[end]}"


@dataclass(frozen=True)
class Summary(Cuts):
    """What a run read and wrote, and what became of rows that didn't fit: the attributes of `Cuts` too.

    Attributes:
        rows: rows read; each is packed, dropped, or rejected.
        rows_packed: rows that sequences were made of.
        sequences: sequences written: one a row, but for rows that were split.
        dropped_untrained: rows left out because they have no trained token.
        rejected: rows set aside because they can't be used.
        untrained: sequences without a single trained token.
        straddling: tokens written of which some bytes carry loss and some don't; `boundary` says whether they do.
        look_alikes: sequences whose own text holds control tokens, where `control_tokens` is "report".
        packs: packs written.
        tokens: tokens written.
        trained_tokens: of these, tokens that carry loss.
        shapes: each input file's name and the shape of its rows, such as "messages (messages)"; None where no
            row has one.
        answers: how answers are taken apart: for each chat template its name, how the header is found ("derived",
            "guessed", "none"; "unknown" where it answers no plain chat), and how the end token is ("printed",
            "follows", "none", "unknown").
        plain_markers: markers such as "<|im_start|>" that the chat template prints and that are no single tokens of
            the vocabulary: the model sees them as ordinary text.
        shards: directories of arrays written.
        bytes: bytes of input.
        threads: threads that encoded.
        seconds: how long it took.
        fill: the part of the packs' room that tokens take, from 0 to 1.
        output: the directory.

    >>> import tempfile, chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = fmt.pack_files(["examples/chats/english.jsonl"], f"{folder}/packed", max_length=512)
    >>> summary.rows, summary.sequences, summary.packs
    (18, 18, 5)
    """

    rows: int
    rows_packed: int
    sequences: int
    dropped_untrained: int
    rejected: int
    untrained: int
    straddling: int
    look_alikes: int
    packs: int
    tokens: int
    trained_tokens: int
    shapes: tuple[tuple[str, str | None], ...]
    answers: tuple[tuple[str, str, str], ...]
    plain_markers: tuple[str, ...]
    shards: int
    bytes: int
    threads: int
    seconds: float
    fill: float
    output: str

    def __str__(self) -> str:
        untrained = f" ({self.untrained} without trained tokens)" if self.untrained else ""
        too_long = self.dropped + self.dropped_cut
        dropped = f", {too_long:,} dropped as too long" if too_long else ""
        if self.dropped_untrained:
            dropped += f", {self.dropped_untrained:,} dropped as untrained"
        if self.rejected:
            dropped += f", {self.rejected:,} rejected (see rejected.jsonl)"
        share = self.trained_tokens / self.tokens
        straddling = f", {self.straddling:,} tokens across a border" if self.straddling else ""
        tokens, megabytes = self.tokens / self.seconds, self.bytes / self.seconds / 1e6
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        shapes = dict.fromkeys(shape for _, shape in self.shapes if shape is not None)
        lines = (
            f"shape      {'; '.join(shapes)}",
            f"rows       {self.rows:,}{dropped}",
            f"sequences  {self.sequences:,}{untrained}",
            f"tokens     {self.tokens:,}",
            f"trained    {self.trained_tokens:,} ({share:.1%}){straddling}",
            *self.lines(),
            *self._answers(),
            f"packs      {self.packs:,}, {self.fill:.1%} full",
            f"speed      {tokens:,.0f} tokens/s, {megabytes:,.1f} MB/s, {self.seconds:.2f} s, {threads}",
            f"written    {self.output}",
        )
        return "\n".join(lines)

    def _answers(self) -> Iterator[str]:
        for name, header, end in self.answers:
            template = "" if len(self.answers) == 1 else f" (template {name})"
            yield f"answers    {frame(header, end)}{template}"
        if self.plain_markers:
            text = "no single token of this vocabulary, but ordinary text to the model"
            yield f"markers    {text}: {', '.join(self.plain_markers)}"
        if self.look_alikes:
            rows = "1 sequence holds" if self.look_alikes == 1 else f"{self.look_alikes:,} sequences hold"
            yield f"control    {rows} control tokens in the row's own text; see --control-tokens"
