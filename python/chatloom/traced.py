"""A traced conversation as lines that a person can read: who wrote what, and what is trained."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, pairwise, takewhile
from typing import Any

import numpy as np

from chatloom.examples import IGNORE
from chatloom.marked import visible
from chatloom.rendered import Rendered, Segment, Turn

LEGEND = """\
turn  the message in whose turn the text was printed, from 0; - for none
+     carries loss; ± of a token: some of its bytes would, and --boundary decides
part  of an assistant's turn: header, body, end, rest
who   template; variable: a special token, a run variable or the clock; else the field the text comes from
text  as rendered; ⏎ stands for a line break, and backslash escapes for what can't be shown
"""

_HEADERS = {
    "derived": "as the generation prompt prints it",
    "guessed": "guessed from a plain chat, since the generation prompt doesn't tell",
    "none": "none found, so that all of the template's text in this turn counts as body",
}
_ENDS = {
    "printed": "printed by the turn",
    "follows": "the control token that follows the turn",
    "none": "none found, so that the body ends with its last character",
}
_WIDEST = 40


@dataclass(frozen=True)
class Piece:
    """Text of one origin, one turn, one part, trained or not.

    Attributes:
        text: the text itself.
        turn: index of the message in whose turn it was printed, or None.
        part: "header", "body", "end" or "rest" in an assistant's turn, else empty.
        origin: "literal", "variable" or "data", as in `Segment`.
        message: index of the message that the data came from, or None.
        path: the field that the data came from, the innermost that all of it is in; None where it is no data.
        trained: whether it carries loss.
    """

    text: str
    turn: int | None
    part: str
    origin: str
    message: int | None
    path: str | None
    trained: bool

    @property
    def who(self) -> str:
        """Who wrote it: the template, a variable, or a field."""
        if self.path is None:
            return "template" if self.origin == "literal" else self.origin
        elsewhere = self.message not in (None, self.turn)
        return f"{self.path} of message {self.message}" if elsewhere else self.path


def pieces(rendered: Rendered) -> Iterator[Piece]:
    """The text cut wherever its turn, its part, its origin or its being trained changes.

    What comes from one field is one piece, even where the template prints it as JSON, leaf by leaf.

    >>> from chatloom import Template
    >>> traced = Template("[{{ messages[0].content }}]").trace([{"role": "user", "content": "Hi"}])
    >>> [(piece.text, piece.who) for piece in pieces(traced)]
    [('[', 'template'), ('Hi', 'content'), (']', 'template')]
    """
    last: Piece | None = None
    for piece in _cuts(rendered):
        joined = None if last is None else _joined(last, piece)
        if last is not None and joined is None:
            yield last
        last = joined or piece
    if last is not None:
        yield last


def _cuts(rendered: Rendered) -> Iterator[Piece]:
    starts = [segment.start for segment in rendered.segments]
    trained = Ranges(rendered.trained or ())
    turns = {turn.message: turn for turn in rendered.turns or ()}
    for start, end in pairwise(_borders(rendered)):
        segment = rendered.segments[bisect_right(starts, start) - 1]
        part = _part(turns, segment, start)
        origin = (segment.origin, segment.message, segment.path)
        yield Piece(rendered.text[start:end], segment.turn, part, *origin, start in trained)


def _joined(left: Piece, right: Piece) -> Piece | None:
    """Two neighbours as one, if nothing but the depth of their field tells them apart."""
    path = _common(left.path, right.path)
    joined = replace(left, text=left.text + right.text, path=path)
    same_field = path is not None or left.path == right.path
    return joined if same_field and joined == replace(right, text=joined.text, path=path) else None


def _common(left: str | None, right: str | None) -> str | None:
    """The innermost field that holds both, if there is one."""
    if left is None or right is None:
        return None
    steps = (re.findall(r"\.?[^.\[]+|\[[^\]]*\]", path) for path in (left, right))
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(*steps, strict=False))
    return "".join(step for step, _ in shared) or None


def _borders(rendered: Rendered) -> list[int]:
    ranges = [(segment.start, segment.end) for segment in rendered.segments]
    ranges += rendered.trained or ()
    for turn in rendered.turns or ():
        ranges += [turn.body, turn.end_token or turn.body]
    return sorted({place for span in ranges for place in span})


class Ranges:
    """Ordered ranges, asked whether a place is in one of them."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._ranges = list(ranges)
        self._starts = [start for start, _ in self._ranges]

    def __contains__(self, place: int) -> bool:
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._ranges[index][1]


def _part(turns: dict[int, Turn], segment: Segment, place: int) -> str:
    for turn in turns.values():
        if turn.end_token is not None and turn.end_token[0] <= place < turn.end_token[1]:
            return "end"
        if turn.body[0] <= place < turn.body[1]:
            return "body"
    own = None if segment.turn is None else turns.get(segment.turn)
    if own is None:
        return ""
    return "header" if place < own.body[0] else "rest"


def show(rendered: Rendered, colour: bool) -> str:
    """The text, a line for each line of each piece, with its turn, part and origin before it."""
    rows = [
        (_gutter(piece) if index == 0 else ("", _mark(piece), "", ""), visible(line), piece)
        for piece in pieces(rendered)
        for index, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", piece.text))
    ]
    return _table(("turn", "+", "part", "who"), rows, colour)


def show_tokens(rendered: Rendered, colour: bool) -> str:
    """The tokens, one a line, with place, id, turn, part and origin before the text each stands for.

    Raises:
        ValueError: the conversation was traced without its tokens.
    """
    if rendered.input_ids is None or rendered.token_bytes is None:
        raise ValueError("there are no tokens; trace with tokens=True")
    content, straddling = rendered.text.encode(), set(rendered.straddling.tolist())
    rows: list[_Line] = []
    for index, (token, (piece, who)) in enumerate(zip(rendered.input_ids, _token_pieces(rendered), strict=True)):
        start, end = rendered.token_bytes[index]
        text = visible(content[start:end].decode(errors="backslashreplace"))
        turn, mark, part, _ = _gutter(piece)
        mark += "±" if index in straddling else ""
        rows.append(((str(index), str(token), turn, mark, part, who), text, piece))
    return _table(("token", "id", "turn", "+", "part", "who"), rows, colour)


def facts(rendered: Rendered, tokens: bool) -> dict[str, Any]:
    """All that is known of a rendered conversation, as JSON takes it; its tokens only where asked for."""
    arrays = ("input_ids", "labels", "token_bytes", "straddling") if tokens else ()
    return {
        "text": rendered.text,
        "trained": rendered.trained,
        "segments": [asdict(segment) for segment in rendered.segments],
        "turns": [asdict(turn) for turn in rendered.turns or ()],
        **{name: getattr(rendered, name).tolist() for name in arrays},
        **({"look_alikes": rendered.look_alikes} if rendered.look_alikes else {}),
        **({"weights": rendered.weights.tolist()} if tokens and rendered.weights is not None else {}),
    }


def counts(rendered: Rendered) -> str:
    """How much text there is, how many tokens, and how many of them carry loss."""
    characters = f"{len(rendered.text):,} characters"
    if rendered.labels is None:
        return characters
    learnt, straddling = np.count_nonzero(rendered.labels != IGNORE), len(rendered.straddling)
    borders = f", {straddling:,} across a border" if straddling else ""
    return f"{characters}, {len(rendered.labels):,} tokens, {learnt:,} of them trained{borders}"


def explain(rendered: Rendered) -> Iterator[str]:
    """For each assistant turn, how its header and its end were found, and how much of it is trained."""
    trained = Ranges(rendered.trained or ())
    for turn in rendered.turns or ():
        end = "" if turn.end_token is None else f": {visible(rendered.text[slice(*turn.end_token)])}"
        learnt = sum(place in trained for place in range(*turn.body))
        yield f"message {turn.message}"
        yield f"  header  {turn.header}: {_HEADERS[turn.header]}"
        yield f"  body    {turn.body[1] - turn.body[0]} characters, {learnt} of them trained"
        yield f"  end     {_ENDS[turn.end]}{end}"
    for message, path, token in rendered.look_alikes:
        place = path if message is None else f"{path} of message {message}"
        yield f"control token in the row's own text: {visible(token)} in {visible(place)}"
    if not rendered.turns:
        yield "there is no assistant message, so nothing carries loss"


def _token_pieces(rendered: Rendered) -> Iterator[tuple[Piece, str]]:
    """For each token the piece it starts in, and all who wrote a byte of it."""
    if rendered.labels is None or rendered.token_bytes is None:
        return
    parts = list(pieces(rendered))
    starts = list(accumulate((len(part.text.encode()) for part in parts), initial=0))[:-1]
    for label, (start, end) in zip(rendered.labels, rendered.token_bytes, strict=True):
        first = bisect_right(starts, start) - 1
        last = max(first + 1, bisect_right(starts, end - 1))
        who = " + ".join(dict.fromkeys(part.who for part in parts[first:last]))
        yield replace(parts[first], trained=bool(label != IGNORE)), who


def _gutter(piece: Piece) -> tuple[str, ...]:
    return ("-" if piece.turn is None else str(piece.turn), _mark(piece), piece.part, piece.who)


def _mark(piece: Piece) -> str:
    return "+" if piece.trained else ""


_Line = tuple[tuple[str, ...], str, Piece]
"""The columns before a text, the text, and the piece that both are of."""


def _table(names: tuple[str, ...], rows: list[_Line], colour: bool) -> str:
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(names, *(row[0] for row in rows), strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(map(str.ljust, cells, widths))

    lines = (f"{line(cells)}  {_coloured(text, piece) if colour else text}" for cells, text, piece in rows)
    return "\n".join((f"{line(names)}  text", *lines))


def _coloured(text: str, piece: Piece) -> str:
    """Trained text green, other text of the template dim."""
    code = "32" if piece.trained else "2" if piece.path is None else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code else text
