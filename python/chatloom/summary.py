"""What the main job made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """What a run read and wrote.

    Attributes:
        rows: rows read; each is a sequence, dropped, or rejected.
        sequences: sequences written.
        dropped: rows left out because they were too long.
        dropped_untrained: rows left out because they have no trained token.
        rejected: rows set aside because they can't be used.
        untrained: sequences without a single trained token.
        packs: packs written.
        tokens: tokens written.
        trained_tokens: of these, tokens that carry loss.
        shapes: each input file's name and the shape of its rows, such as "messages (messages)"; None where no
            row has one.
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
    sequences: int
    dropped: int
    dropped_untrained: int
    rejected: int
    untrained: int
    packs: int
    tokens: int
    trained_tokens: int
    shapes: tuple[tuple[str, str | None], ...]
    shards: int
    bytes: int
    threads: int
    seconds: float
    fill: float
    output: str

    def __str__(self) -> str:
        untrained = f" ({self.untrained} without trained tokens)" if self.untrained else ""
        dropped = f", {self.dropped:,} dropped as too long" if self.dropped else ""
        if self.dropped_untrained:
            dropped += f", {self.dropped_untrained:,} dropped as untrained"
        if self.rejected:
            dropped += f", {self.rejected:,} rejected (see rejected.jsonl)"
        share = self.trained_tokens / self.tokens
        tokens, megabytes = self.tokens / self.seconds, self.bytes / self.seconds / 1e6
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        shapes = dict.fromkeys(shape for _, shape in self.shapes if shape is not None)
        lines = (
            f"shape      {'; '.join(shapes)}",
            f"rows       {self.rows:,}{dropped}",
            f"sequences  {self.sequences:,}{untrained}",
            f"tokens     {self.tokens:,}",
            f"trained    {self.trained_tokens:,} ({share:.1%})",
            f"packs      {self.packs:,}, {self.fill:.1%} full",
            f"speed      {tokens:,.0f} tokens/s, {megabytes:,.1f} MB/s, {self.seconds:.2f} s, {threads}",
            f"written    {self.output}",
        )
        return "\n".join(lines)
