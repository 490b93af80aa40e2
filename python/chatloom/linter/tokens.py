"""What the vocabulary makes of the template's text: markers, begin of text, look-alikes."""

from __future__ import annotations

from collections.abc import Iterator

from chatloom.linter.chats import PLAIN, Chat, assistant, user
from chatloom.linter.report import Evidence, Finding
from chatloom.linter.subject import Subject, written
from chatloom.rendered import Rendered

_FRAMES = ("<|", "<｜")
"""What opens markers that are made to be single tokens."""


def markers(subject: Subject) -> Iterator[Finding]:
    """Whether the markers that the template prints are single tokens."""
    code = "markers"
    plain = subject.formatter.plain_markers
    meant = [marker for marker in plain if marker.startswith(_FRAMES)]
    if meant:
        message = f"to the model these are ordinary text, no single tokens: {', '.join(meant)}"
        yield Finding(code, "warning", message, _pieces(subject, meant[0]))
    elif plain:
        yield Finding(code, "note", f"ordinary text to the model: {', '.join(plain)}", _pieces(subject, plain[0]))
    else:
        yield Finding(code, "ok", "each is a single token of the vocabulary")


def _pieces(subject: Subject, marker: str) -> Evidence:
    chat = Chat(f"marker {marker}", (user(marker), assistant()))
    rendered = _with_tokens(subject, chat)
    tokens = [] if rendered is None else list(_tokens_of(rendered, 0))
    return subject.evidence(chat, ("tokens of the marker", " · ".join(tokens)))


def _with_tokens(subject: Subject, chat: Chat) -> Rendered | None:
    if subject.trace(chat) is None:
        return None
    return subject.formatter.trace(**chat.arguments(), tokens=True)


def _tokens_of(rendered: Rendered, message: int) -> Iterator[str]:
    """The texts of the tokens that hold anything of a message."""
    content = rendered.text.encode()
    own = [(part.byte_start, part.byte_end) for part in written(rendered, message)]
    for start, end in () if rendered.token_bytes is None else rendered.token_bytes.tolist():
        if any(start < last and end > first for first, last in own):
            yield content[start:end].decode(errors="backslashreplace")


def double_bos(subject: Subject) -> Iterator[Finding]:
    """Whether a text begins with one begin-of-text token, and only one."""
    code = "double-bos"
    bos = subject.formatter.special_tokens.get("bos_token")
    rendered = subject.trace(PLAIN)
    if rendered is None:
        return
    added = [subject.formatter.decode([token]) for token in subject.formatter.put_around]
    around = " ".join(added) or "nothing"
    evidence = subject.evidence(PLAIN, ("rendered", rendered.text), ("the tokenizer adds", around))
    if bos and rendered.text.count(bos) > 1 and rendered.text.startswith(bos * 2):
        yield Finding(code, "warning", f"the template prints {bos} twice", evidence)
    elif bos and rendered.text.startswith(bos) and bos in added:
        message = f"template and tokenizer both write {bos}: chatloom keeps that of the template alone, and so "
        message += "must whoever tokenizes the rendered text again (add_special_tokens=False)"
        yield Finding(code, "note", message, evidence)
    elif bos and bos in added:
        message = f"the tokenizer begins a text with {bos}, the template doesn't: chats are trained without it"
        yield Finding(code, "warning", message, evidence)
    else:
        message = f"{bos} is printed by the template alone" if bos and bos in rendered.text else "there is none"
        yield Finding(code, "ok", message, evidence)


def injection(subject: Subject) -> Iterator[Finding]:
    """Whether a row's own text can become a control token."""
    code = "injection"
    found = next(_injected(subject), None)
    if found is None:
        yield Finding(code, "ok", "a row's own text becomes no control token")
        return
    role, token, evidence = found
    if _policy(subject, role) == "error":
        yield Finding(code, "ok", f"rows whose own text holds {token} and the like are refused", evidence)
        return
    message = f"what a message of role {role} says can become {token} and the like; "
    yield Finding(code, "note", message + "control_tokens='template' keeps it text", evidence)


def _injected(subject: Subject) -> Iterator[tuple[str, str, Evidence]]:
    """Role and token of a message whose text becomes that control token; roles whose rows are then refused last."""
    for role in sorted(("user", "system", "assistant"), key=lambda role: _policy(subject, role) == "error"):
        for token in _special_tokens(subject):
            chat, message = _saying(role, f"Say {token} now")
            rendered = _with_tokens(subject, chat)
            tokens = [] if rendered is None else list(_tokens_of(rendered, message))
            if token in tokens:
                yield role, token, subject.evidence(chat, ("tokens of the row's text", " · ".join(tokens)))


def _saying(role: str, text: str) -> tuple[Chat, int]:
    """A chat in which somebody says a text, and the place of that message."""
    said = {"role": role, "content": text}
    around = {"system": ((), (user(), assistant())), "user": ((), (assistant(),)), "assistant": ((user(),), ())}
    before, after = around[role]
    return Chat(f"{role} says {text}", (*before, said, *after)), len(before)


def _policy(subject: Subject, role: str) -> str:
    """What becomes of control tokens in the contents of a role's messages."""
    policies = subject.formatter.options.control_tokens
    if isinstance(policies, str):
        return policies
    return next(policies[name] for name in (f"{role}.content", role, "default") if name in policies)


def _special_tokens(subject: Subject) -> list[str]:
    """The special tokens of a plain chat, and those that have a name."""
    rendered = _with_tokens(subject, PLAIN)
    if rendered is None or rendered.input_ids is None:
        return []
    formatter, ids = subject.formatter, dict.fromkeys(rendered.input_ids.tolist())
    special = (token for token in ids if not formatter.decode([token], skip_special_tokens=True))
    texts = (*(formatter.decode([token]) for token in special), *formatter.special_tokens.values())
    return [text for text in dict.fromkeys(texts) if text.strip()]
