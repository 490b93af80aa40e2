"""Rendered conversations that know where every character came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from chatloom._content import same


@dataclass(frozen=True)
class Segment:
    """A range of the text with one origin.

    Attributes:
        start: first character, in code points of the text.
        end: one past the last character.
        byte_start: the same places in bytes of the text as UTF-8.
        byte_end: one past the last byte.
        origin: "literal" for the template's own text, "variable" for special tokens, run variables and the
            clock, "data" for what comes with the row.
        turn: index of the message in whose turn it was printed, or None.
        message: index of the message that the data came from, or None.
        path: the field of the message or row that the data came from, such as `content` or
            `tool_calls[0].function.name`; None where it is no data.
        generation: whether a `{% generation %}` block covers it.

    >>> from chatloom import Template
    >>> traced = Template("{{ messages[0].content }}").trace([{"role": "user", "content": "é!"}])
    >>> segment = traced.segments[0]
    >>> segment.origin, segment.path, (segment.start, segment.end), (segment.byte_start, segment.byte_end)
    ('data', 'content', (0, 2), (0, 3))
    """

    start: int
    end: int
    byte_start: int
    byte_end: int
    origin: Literal["literal", "variable", "data"]
    turn: int | None
    message: int | None
    path: str | None
    generation: bool


@dataclass(frozen=True)
class Turn:
    """How one assistant turn was taken apart; places are code points of the text.

    Attributes:
        message: index of the message.
        header: how its header was found: "derived" from the generation prompt, "guessed" from a plain chat,
            or "none".
        body: from the header's end to the end token, or to the turn's end where there is none.
        end: how its end token was found: "printed" by the turn, "follows" it, or "none".
        end_token: where that token stands, or None.

    >>> from chatloom import Formatter
    >>> traced = Formatter.from_pretrained("examples/model").trace(
    ...     [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}]
    ... )
    >>> (turn,) = traced.turns
    >>> turn.message, turn.header, traced.text[slice(*turn.body)], traced.text[slice(*turn.end_token)]
    (1, 'derived', '4.', '<|im_end|>')
    """

    message: int
    header: Literal["derived", "guessed", "none"]
    body: tuple[int, int]
    end: Literal["printed", "follows", "none"]
    end_token: tuple[int, int] | None


@dataclass(frozen=True, eq=False, repr=False)
class Rendered:
    """A rendered conversation.

    Attributes:
        text: what `apply_chat_template(tokenize=False)` gives.
        segments: ranges that partition the text, in order.
        trained: the ranges `(start, end)` of the text that carry loss, in code points; None from a bare
            `Template`, which doesn't know a vocabulary's control tokens.
        turns: how each assistant turn was taken apart; None from a bare `Template`.
        input_ids: int32[n], the tokens, where they were asked for.
        labels: int32[n], the token where the model learns it, else -100.
        token_bytes: int64[n, 2], first and one past the last byte of the text that each token stands for.
        weights: float32[n], how much each token's loss counts, or None where every loss counts 1.
        look_alikes: the control tokens that the row's own text became, where `control_tokens` is "report" or
            "error": of each the message (None for tools, documents, variables), the field, and the token.

    >>> from chatloom import Formatter
    >>> traced = Formatter.from_pretrained("examples/model").trace(
    ...     [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}], tokens=True
    ... )
    >>> [traced.text[start:end] for start, end in traced.trained]
    ['4.<|im_end|>']
    >>> traced
    Rendered(69 characters, 12 trained, 6 segments, 17 tokens)
    """

    text: str
    segments: tuple[Segment, ...]
    trained: tuple[tuple[int, int], ...] | None = None
    turns: tuple[Turn, ...] | None = None
    input_ids: npt.NDArray[np.int32] | None = None
    labels: npt.NDArray[np.int32] | None = None
    token_bytes: npt.NDArray[np.int64] | None = None
    weights: npt.NDArray[np.float32] | None = None
    look_alikes: tuple[tuple[int | None, str, str], ...] = ()

    @property
    def straddling(self) -> npt.NDArray[np.int64]:
        """int64[k], the indexes of the tokens of which some bytes carry loss and some don't.

        Raises:
            ValueError: the conversation was traced without its tokens.
        """
        if self.token_bytes is None:
            raise ValueError("there are no tokens; trace with tokens=True")
        content = self.text.encode()
        marked = np.zeros(len(content) + 1, np.int64)
        offsets = np.concatenate(([0], np.cumsum([len(letter.encode()) for letter in self.text], dtype=np.int64)))
        for start, end in self.trained or ():
            marked[offsets[start] + 1 : offsets[end] + 1] = 1
        trained = np.cumsum(marked)
        starts, ends = self.token_bytes.T
        count = trained[ends] - trained[starts]
        return np.flatnonzero((count > 0) & (count < ends - starts))

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        trained = "" if self.trained is None else f", {sum(end - start for start, end in self.trained)} trained"
        tokens = "" if self.input_ids is None else f", {len(self.input_ids)} tokens"
        return f"Rendered({len(self.text)} characters{trained}, {len(self.segments)} segments{tokens})"
