"""What the labels of any conversation promise, told segment by segment from origins and turns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from chatloom import ChatloomError, Formatter
from chatloom.rendered import Rendered, Segment, Turn
from labelling import MARKER
from reference import Conversation


def broken(formatter: Formatter, chat: Conversation, rendered: Rendered) -> Iterator[str]:
    """The promises that a trace breaks."""
    trained = {place for span in rendered.trained or () for place in range(*span)}
    turns = {turn.message: turn for turn in rendered.turns or ()}
    ends = {place for turn in turns.values() for place in range(*(turn.end_token or (0, 0)))}
    answers = {index for index, message in enumerate(chat.messages) if message.get("role") == "assistant"}
    if not ends <= trained:
        yield "an end is not trained"
    for segment in rendered.segments:
        yield from _segment(segment, trained, ends, answers)
    for turn in turns.values():
        yield from _turn(formatter, chat, rendered, turn, trained - ends)


def _segment(segment: Segment, trained: set[int], ends: set[int], answers: set[int]) -> Iterator[str]:
    places = set(range(segment.start, segment.end))
    is_answers = segment.turn in answers
    if segment.origin != "data":
        if not is_answers and places & trained - ends:
            yield "text of the template is trained outside of an answer's turn"
    elif not is_answers or segment.message != segment.turn:
        if places & trained:
            yield "data is trained that is not the answer's own, or outside of its turn"
    elif segment.path == "role":
        if places & trained:
            yield "a role is trained"
    elif not places <= trained:
        yield "a part of an answer is not trained"


def _turn(formatter: Formatter, chat: Conversation, rendered: Rendered, turn: Turn, trained: set[int]) -> Iterator[str]:
    own = [segment for segment in rendered.segments if segment.turn == turn.message]
    places = {place for segment in own for place in range(segment.start, segment.end)}
    if turn.end_token is not None and any(place >= turn.end_token[1] for place in places & trained):
        yield "text after an end is trained"
    header = places & set(_header(formatter, chat, rendered, turn, own[0].start))
    if header & trained:
        yield "a header is trained"
    if turn.header != "derived" and "".join(rendered.text[place] for place in header).strip():
        yield "a header was not derived though the generation prompt prints it"


def _header(formatter: Formatter, chat: Conversation, rendered: Rendered, turn: Turn, start: int) -> Iterator[int]:
    """The places of what the prompt for this answer says too, after the last data before it."""
    call: dict[str, Any] = {**chat.call(), "add_generation_prompt": True}
    try:
        prompt = formatter.trace(chat.messages[: turn.message], **call)
    except ChatloomError:
        return
    tail = prompt.text[_data_end(prompt, len(prompt.text)) :]
    before = _data_end(rendered, start)
    after = (segment.start for segment in rendered.segments if segment.origin == "data" and segment.start >= before)
    text = rendered.text[before : next(after, len(rendered.text))]
    agreed = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tail, text, strict=False)))
    end = min(_whole(tail, agreed), _whole(rendered.text[before:], agreed))
    if tail[:end].strip():
        yield from range(before, before + end)


def _data_end(rendered: Rendered, limit: int) -> int:
    return max((part.end for part in rendered.segments if part.origin == "data" and part.end <= limit), default=0)


def _whole(text: str, agreed: int) -> int:
    """Not inside a marker."""
    around = (match.start() for match in MARKER.finditer(text) if match.start() < agreed < match.end())
    return next(around, agreed)
