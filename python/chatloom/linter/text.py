"""What a template adds to a conversation, takes from it, alters in it, or refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from chatloom.errors import ChatloomError
from chatloom.linter.agreement import agreement
from chatloom.linter.chats import (
    CALL,
    CALL_AS_TEXT,
    PLAIN,
    REASONED,
    SYSTEM,
    THOUGHT,
    TURNS,
    Chat,
    Message,
    assistant,
    call,
    result,
    system,
    user,
)
from chatloom.linter.report import Evidence, Finding, Severity
from chatloom.linter.stand_in import MARKER
from chatloom.linter.subject import Subject, written
from chatloom.template import Template

_LEAST_OF_A_PREAMBLE, _LEAST_BESIDE_A_HEADER = 20, 10
"""Letters that make a text more than the names around a question; and beside what stands before another question."""
_FIRST_WIDE, _WIDE = 0x2E80, 3
"""Scripts that say as much with a third of the letters."""


def default_system(subject: Subject) -> Iterator[Finding]:
    """Whether a chat without a system message gets one, or a preamble."""
    code = "default-system"
    rendered = subject.trace(PLAIN)
    question = None if rendered is None else next(written(rendered, 0), None)
    if rendered is None or question is None:
        return
    preamble = rendered.text[: question.start]
    words = MARKER.sub("", preamble)
    if _letters(words) < _LEAST_OF_A_PREAMBLE and _letters(_beside_header(subject, words)) < _LEAST_BESIDE_A_HEADER:
        yield Finding(code, "ok", "none: nothing is put before the first question")
        return
    given = subject.trace(SYSTEM)
    longest = max(MARKER.split(preamble), key=len).strip()
    shown = (("without a system message", rendered.text), *((("with one", given.text),) if given else ()))
    stays = given is not None and longest in given.text
    message = "the template puts text of its own before a chat without a system message"
    message += ", and keeps it beside one" if stays else ", which a system message replaces" if given else ""
    yield Finding(code, "note", message, subject.evidence(PLAIN, *shown))


def _beside_header(subject: Subject, words: str) -> str:
    """What of the words before the first question doesn't stand before a later one too."""
    turns = subject.trace(TURNS)
    later = None if turns is None else next(written(turns, 2), None)
    if turns is None or later is None:
        return ""
    others = MARKER.sub("", turns.text[: later.start])
    return words[: len(words) - agreement(words[::-1], others[::-1])]


def _letters(text: str) -> int:
    return sum(_WIDE if ord(letter) >= _FIRST_WIDE else 1 for letter in text if letter.isalpha())


def clock(subject: Subject) -> Iterator[Finding]:
    """Whether a text depends on when it is rendered."""
    code = "clock"
    if not any("strftime_now" in source for source in subject.formatter.templates.values()):
        yield Finding(code, "ok", "not read")
        return
    for chat in (PLAIN, SYSTEM, CALL, CALL_AS_TEXT):
        texts = [_at(subject, chat, year) for year in (2001, 2019)]
        if texts[0] is not None and texts[1] is not None and texts[0] != texts[1]:
            message = f"the text depends on the time (chat: {chat.name}): give now= to have the same at any time"
            evidence = subject.evidence(chat, ("rendered in 2001", texts[0]), ("rendered in 2019", texts[1]))
            yield Finding(code, "warning" if chat is PLAIN else "note", message, evidence)
            return
    yield Finding(code, "ok", "read, but what is printed doesn't depend on it")


def _at(subject: Subject, chat: Chat, year: int) -> str | None:
    """The text of a chat that is rendered in a year."""
    formatter = subject.formatter
    sources = formatter.templates
    source = sources.get("tool_use" if chat.tools is not None else "default", sources.get("default"))
    variables = {**formatter.special_tokens, **formatter.options.variables}
    try:
        template = Template(source or "", now=datetime(year, 2, 3, 4, 5, 6), compat=formatter.options.compat)
        return template.render(**chat.arguments(), **variables)
    except ChatloomError:
        return None


_SPACED = " \n Word \n "
_ODD = "A  b\n\n\tc <i>&amp; \"d\" 'e'</i> {{ f }} é\\n"
_THOUGHT = str(THOUGHT.messages[1]["content"])

_OF_ROLE: dict[str, Callable[[str], Chat]] = {
    "system": lambda content: Chat(f"system {content}", (system(content), *PLAIN.messages)),
    "user": lambda content: Chat(f"user {content}", (user(content), assistant())),
    "assistant": lambda content: Chat(f"assistant {content}", (user(), assistant(content))),
    "tool": lambda content: Chat(f"tool {content}", (*CALL.messages[:2], result(content), assistant()), CALL.tools),
}
"""A chat with a message of each role that has a given content."""


def content(subject: Subject) -> Iterator[Finding]:
    """Whether contents are printed as they are given."""
    code = "content"
    altered = _altered(subject, _ODD, tuple(_OF_ROLE))
    stripped = _altered(subject, _SPACED, tuple(role for role in _OF_ROLE if role not in altered))
    thought = _altered(subject, _THOUGHT, ("assistant",))
    if altered:
        message = f"printed otherwise than it is given: {', '.join(altered)}"
        yield Finding(code, "warning", message, next(iter(altered.values())))
    if thought and "assistant" not in altered:
        yield _reasoning(code, thought["assistant"])
    if stripped:
        message = f"white space around it is taken away: {', '.join(stripped)}"
        yield Finding(code, "note", message, next(iter(stripped.values())))
    if not (altered or stripped or thought):
        yield Finding(code, "ok", "printed as it is given")


def _altered(subject: Subject, text: str, roles: tuple[str, ...]) -> dict[str, Evidence]:
    """The roles whose content isn't printed as given, though something of it is."""
    found: dict[str, Evidence] = {}
    for role in roles:
        chat = _OF_ROLE[role](text)
        rendered = subject.trace(chat)
        if rendered is None or text in rendered.text:
            continue
        at = next(index for index, message in enumerate(chat.messages) if message["content"] == text)
        if list(written(rendered, at)):
            found[role] = subject.evidence(chat, ("given", text), ("rendered", rendered.text))
    return found


def _reasoning(code: str, evidence: Evidence) -> Finding:
    kept = "South is warm." in evidence.texts[1][1]
    if kept:
        return Finding(code, "note", "reasoning in an answer's content is printed in the template's own form", evidence)
    message = "reasoning in an answer's content is left out even of the last answer: give it as reasoning_content"
    return Finding(code, "warning", message, evidence)


_NAMED = Chat("names", (user(name="Ada"), assistant()))
_FIELDS: tuple[tuple[str, Chat, str, Severity], ...] = (
    ("system message", SYSTEM, "Be brief.", "warning"),
    ("reasoning_content", REASONED, "Hills keep rain off.", "note"),
    ("tools", CALL, "Tells the weather.", "note"),
    ("tool_calls", CALL, "Jeju", "note"),
    ("tool result", CALL, "Sunny.", "note"),
    ("name of a user", _NAMED, "Ada", "note"),
)
"""Fields, with a chat that has one, a text of it, and how bad it is where that is not printed."""


def fields(subject: Subject) -> Iterator[Finding]:
    """Which fields leave no trace in the text."""
    code = "fields"
    dropped: dict[Severity, list[tuple[str, Chat]]] = {}
    for name, chat, word, severity in _FIELDS:
        rendered = subject.trace(chat)
        if rendered is not None and word not in rendered.text:
            dropped.setdefault(severity, []).append((name, chat))
    for severity, found in dropped.items():
        chat = found[0][1]
        rendered = subject.trace(chat)
        evidence = subject.evidence(chat, ("rendered", rendered.text if rendered else ""))
        yield Finding(code, severity, f"not printed: {', '.join(name for name, _ in found)}", evidence)
    if not dropped:
        yield Finding(code, "ok", "all are printed that were tried")


_WITH_LATE_SYSTEM: tuple[Message, ...] = (*PLAIN.messages, system(), user("And dry?"), assistant("In Daegu."))
_REFUSABLE = (
    SYSTEM,
    Chat("tools", PLAIN.messages, CALL.tools),
    CALL,
    Chat("late system message", _WITH_LATE_SYSTEM),
    Chat("two users", (user(), user("Soon?"), assistant())),
    Chat("two answers", (*PLAIN.messages, assistant("Or Jeju."))),
    Chat("assistant first", (assistant("Hello."), *PLAIN.messages)),
    Chat("no content beside tool calls", (user(), {**call({"place": "Jeju"}), "content": None}), CALL.tools),
)


def refusals(subject: Subject) -> Iterator[Finding]:
    """Which shapes of conversations the template refuses."""
    code = "refusals"
    refused = [(chat, subject.refusal(chat)) for chat in _REFUSABLE]
    found = [(chat, reason) for chat, reason in refused if reason is not None]
    if not found:
        yield Finding(code, "ok", f"none of {len(_REFUSABLE)} shapes")
    elif subject.trace(PLAIN) is not None:
        names = ", ".join(chat.name for chat, _ in found)
        yield Finding(code, "note", f"refused: {names}", subject.evidence(found[0][0], *_reasons(found)))


def _reasons(found: list[tuple[Chat, str]]) -> Iterator[tuple[str, str]]:
    yield from ((chat.name, reason) for chat, reason in found)
