"""How answers are taken apart: labels, header, end, and what the template's own tags cover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chatloom.linter.chats import CALL, CALL_AS_TEXT, PARTS, PLAIN, TURNS, Chat
from chatloom.linter.report import Finding, Severity
from chatloom.linter.subject import Subject, marked, written
from chatloom.rendered import Rendered, Turn
from chatloom.traced import Ranges

WITH_LOSS = "with loss in [[ ]]"
_TAG = re.compile(r"\{%[-+]?\s*generation\b")


def labels(subject: Subject) -> Iterator[Finding]:
    """Whether a plain chat gets the labels that it should."""
    code = "labels"
    rendered = subject.trace(PLAIN)
    shown = ("refused", subject.refusal(PLAIN) or "") if rendered is None else (WITH_LOSS, marked(rendered))
    evidence = subject.evidence(PLAIN, shown)
    if rendered is None or not list(written(rendered, 1)):
        reason = f"refused: {subject.refusal(PLAIN)}" if rendered is None else "printed without its answer"
        yield Finding(code, "error", f"a plain chat is {reason}{_advice(subject)}", evidence)
    elif not rendered.trained:
        policy = subject.formatter.options.labels
        yield Finding(code, "error", f"nothing of a plain chat carries loss with labels={policy!r}", evidence)
    elif subject.formatter.options.labels == "assistant" and not _is_right(rendered):
        yield Finding(code, "error", "more or less than the answer of a plain chat carries loss", evidence)
    else:
        yield Finding(code, "ok", "derived from the template", evidence)


def _advice(subject: Subject) -> str:
    parts = subject.trace(PARTS)
    if parts is None or not list(written(parts, 1)):
        return ""
    return "; contents have to be lists of parts, such as [{'type': 'text', 'text': …}]"


def _is_right(rendered: Rendered) -> bool:
    """Whether all that is printed of the answer carries loss, and nothing that is printed of the question."""
    trained = Ranges(rendered.trained or ())
    carries = {
        message: [place in trained for part in written(rendered, message) for place in range(part.start, part.end)]
        for message in (0, 1)
    }
    return all(carries[1]) and not any(carries[0])


def header(subject: Subject) -> Iterator[Finding]:
    """How the header of an answer is found."""
    turn, rendered = next(((end.turn, end.rendered) for end in ends(subject)), (None, None))
    if turn is None or rendered is None:
        return
    prompt = subject.trace(PLAIN.first(1), prompt=True)
    asked = () if prompt is None else (("with generation prompt", prompt.text),)
    evidence = subject.evidence(PLAIN, *asked, (WITH_LOSS, marked(rendered)))
    text = repr(rendered.text[_turn_start(rendered, turn) : turn.body[0]])
    if turn.header == "derived":
        yield Finding("header", "ok", f"{text}, as the generation prompt prints it", evidence)
    elif turn.header == "guessed":
        message = f"{text}, guessed from a plain chat, since there is no generation prompt that tells"
        yield Finding("header", "note", message, evidence)
    elif opening := _opening(rendered, turn).strip():
        message = f"none found, so that {opening!r} carries loss, which stands before each answer"
        yield Finding("header", "warning", message, evidence)
    else:
        yield Finding("header", "ok", "none: an answer's turn begins with the answer itself", evidence)


def _opening(rendered: Rendered, turn: Turn) -> str:
    """What the turn prints before its answer."""
    answer = next((part.start for part in written(rendered, turn.message)), turn.body[0])
    return rendered.text[_turn_start(rendered, turn) : answer]


def _turn_start(rendered: Rendered, turn: Turn) -> int:
    own = (segment.start for segment in rendered.segments if segment.turn == turn.message)
    return min(next(own, turn.body[0]), turn.body[0])


class End(NamedTuple):
    """How one answer ends."""

    chat: Chat
    rendered: Rendered
    turn: Turn

    @property
    def token(self) -> str | None:
        """Its end token."""
        return None if self.turn.end_token is None else self.rendered.text[slice(*self.turn.end_token)]

    @property
    def is_trained(self) -> bool:
        """Whether the end token carries loss."""
        return self.turn.end_token is not None and self.turn.end_token[0] in Ranges(self.rendered.trained or ())


def ends(subject: Subject) -> Iterator[End]:
    """The ends of all answers of a few chats, that of a plain one first."""
    for chat in (PLAIN, TURNS, CALL, CALL_AS_TEXT):
        rendered = subject.trace(chat)
        if rendered is not None:
            yield from (End(chat, rendered, turn) for turn in rendered.turns or ())


def end_token(subject: Subject) -> Iterator[Finding]:
    """Whether answers have an end token, and whether it is trained."""
    found = list(ends(subject))
    without = [end for end in found if end.token is None]
    untrained = [end for end in found if end.token is not None and not end.is_trained]
    tokens = " or ".join(dict.fromkeys(end.token for end in found if end.token is not None))
    if not found:
        return
    if not tokens:
        yield _end(subject, "error", "no answer has an end token, so nothing tells the model to stop", found[0])
    elif without:
        which = _which(without[0])
        message = f"{which} has none, while others have {tokens}: there nothing tells the model to stop"
        yield _end(subject, "warning", message, without[0])
    elif untrained:
        yield _end(subject, "warning", f"{tokens} doesn't carry loss everywhere, by the options", untrained[0])
    else:
        follows = "; it is what opens the next turn" if found[0].turn.end == "follows" else ""
        yield _end(subject, "ok", f"{tokens}, trained{follows}", found[0])


def _end(subject: Subject, severity: Severity, message: str, end: End) -> Finding:
    evidence = subject.evidence(end.chat, (WITH_LOSS, marked(end.rendered)))
    return Finding("end-token", severity, message, evidence)


def _which(end: End) -> str:
    if end.turn.message == len(end.chat.messages) - 1:
        return "the last answer of a conversation"
    return "a tool call" if end.chat.messages[end.turn.message].get("tool_calls") else "an answer"


def generation_tags(subject: Subject) -> Iterator[Finding]:
    """Whether what the template's own `{% generation %}` tags cover is what has to be learnt."""
    code = "generation-tags"
    rendered = subject.trace(TURNS) or subject.trace(PLAIN)
    if rendered is None or not rendered.turns:
        return
    chat = TURNS if subject.trace(TURNS) is rendered else PLAIN
    tagged = [(segment.start, segment.end) for segment in rendered.segments if segment.generation]
    evidence = subject.evidence(chat, (WITH_LOSS, marked(rendered)), ("tagged in [[ ]]", _tagged(rendered)))
    if not tagged and not any(map(_TAG.search, subject.formatter.templates.values())):
        yield Finding(code, "ok", "there are none, and none are needed")
    elif faults := list(dict.fromkeys(_tag_faults(rendered, Ranges(tagged)))):
        message = f"what the template's tags cover {' and '.join(faults)}; labels='assistant' doesn't read them"
        yield Finding(code, "warning", message, evidence)
    else:
        yield Finding(code, "ok", "what they cover is what has to be learnt", evidence)


def _tag_faults(rendered: Rendered, tagged: Ranges) -> Iterator[str]:
    for turn in rendered.turns or ():
        start = _turn_start(rendered, turn)
        if any(place in tagged for place in range(start, turn.body[0])):
            yield "holds the header"
        if not all(place in tagged for place in range(*turn.body)):
            yield "leaves out a part of the answer"
        if turn.end_token is not None and turn.end_token[0] not in tagged:
            yield "leaves out the end token"
    if any(segment.generation and segment.message == 0 for segment in rendered.segments):
        yield "holds a question"


def _tagged(rendered: Rendered) -> str:
    pieces = ((segment.generation, rendered.text[segment.start : segment.end]) for segment in rendered.segments)
    return "".join(f"[[{text}]]" if generation else text for generation, text in pieces).replace("]][[", "")
