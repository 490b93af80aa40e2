"""In which form a template wants the arguments of a tool call."""

from __future__ import annotations

from collections.abc import Iterator

from chatloom.linter.chats import CALL, CALL_AS_TEXT, Chat
from chatloom.linter.report import Finding, Severity
from chatloom.linter.subject import Subject

OBJECT, TEXT = "an object", "JSON text"
_WRONG = {
    '{\\"place\\"': "encoded twice",
    "{'place'": "printed as Python, not as JSON",
}
"""What arguments in the wrong form look like."""


def tool_arguments(subject: Subject) -> Iterator[Finding]:
    """Whether arguments have to be an object or JSON text."""
    code = "tool-arguments"
    outcomes = {OBJECT: _outcome(subject, CALL), TEXT: _outcome(subject, CALL_AS_TEXT)}
    rendered = ((form, subject.trace(chat)) for form, chat in ((OBJECT, CALL), (TEXT, CALL_AS_TEXT)))
    shown = tuple((f"as {form}", made.text if made else outcomes[form]) for form, made in rendered)
    evidence = subject.evidence(CALL, *shown)
    wanted = [form for form, outcome in outcomes.items() if outcome == "taken"]
    if len(wanted) == 1:
        (other,) = outcomes.keys() - wanted
        severity: Severity = "note" if outcomes[other].startswith("refused") else "warning"
        message = f"have to be {wanted[0]}; {other} is {outcomes[other]}"
        yield Finding(code, severity, message, evidence)
    elif wanted:
        yield Finding(code, "ok", f"may be {OBJECT} or {TEXT}", evidence)
    else:
        yield Finding(code, "note", f"there are none: a tool call is {outcomes[OBJECT]}", evidence)


def _outcome(subject: Subject, chat: Chat) -> str:
    """What becomes of the arguments of a chat's call, in a clause."""
    rendered = subject.trace(chat)
    if rendered is None:
        return f"refused: {subject.refusal(chat)}"
    # The schema of the tool holds the name of the argument as well, so it is its value that tells.
    if "Jeju" not in rendered.text:
        return "not printed"
    return next((what for sign, what in _WRONG.items() if sign in rendered.text), "taken")
