"""Whether a conversation's text grows at its end alone, and whether generation asks as training answered."""

from __future__ import annotations

from collections.abc import Iterator

from chatloom._checks import shown
from chatloom.linter.agreement import agreement
from chatloom.linter.chats import PLAIN, SHAPES, Chat
from chatloom.linter.report import Finding
from chatloom.linter.subject import Subject, end_of_data
from chatloom.rendered import Rendered


def history(subject: Subject) -> Iterator[Finding]:
    """Whether the text of earlier messages stays when more follow: looks for a witness over all shapes."""
    code = "history"
    tried = [chat for chat in SHAPES if subject.trace(chat) is not None]
    closing: Finding | None = None
    for chat in tried:
        for part, whole, count in _growth(subject, chat):
            agreed = agreement(part.text, whole.text)
            if agreed == len(part.text):
                continue
            longer = chat.first(count + 1)
            texts = ((f"first {count}", part.text), (f"first {count + 1}", whole.text))
            evidence = subject.evidence(longer, *texts)
            if agreed < end_of_data(part):
                message = f"rewritten as more messages follow (chat: {chat.name}), so that an answer is trained "
                message += "after another text than it was given after"
                yield Finding(code, "warning", message, evidence)
                return
            message = "kept, but for what closes the last message, which depends on what follows"
            closing = closing or Finding(code, "note", message, evidence)
    if tried:
        yield closing or Finding(code, "ok", f"kept as more messages follow, in all of {len(tried)} shapes of chats")


def _growth(subject: Subject, chat: Chat) -> Iterator[tuple[Rendered, Rendered, int]]:
    """Each prefix of a conversation with the next, and how many messages the shorter has."""
    for count in range(1, len(chat.messages)):
        part, whole = subject.trace(chat.first(count)), subject.trace(chat.first(count + 1))
        if part is not None and whole is not None:
            yield part, whole, count


def generation_prompt(subject: Subject) -> Iterator[Finding]:
    """Whether the text that asks for an answer is what stands before the answer in training."""
    code = "generation-prompt"
    tried = 0
    for chat in SHAPES:
        for prompt, whole, count in _asked(subject, chat):
            tried += 1
            agreed = agreement(prompt.text, whole.text)
            if end_of_data(prompt) <= agreed < len(prompt.text):
                texts = (("asked", prompt.text), ("trained", whole.text))
                rest = shown(prompt.text[agreed:])
                message = f"asks with {rest} where the trained answer goes on otherwise (chat: {chat.name})"
                yield Finding(code, "warning", message, subject.evidence(chat.first(count + 1), *texts))
                return
    if tried:
        yield _kind(subject, code, tried)


def _asked(subject: Subject, chat: Chat) -> Iterator[tuple[Rendered, Rendered, int]]:
    """For each answer the text that asks for it, the text up to it, and how many messages are before it."""
    for count in chat.answers:
        whole = subject.trace(chat.first(count + 1))
        prompt = subject.trace(chat.first(count), prompt=True) if count else None
        if prompt is not None and whole is not None:
            yield prompt, whole, count


def _kind(subject: Subject, code: str, tried: int) -> Finding:
    question = PLAIN.first(1)
    prompt, without = subject.trace(question, prompt=True), subject.trace(question)
    if prompt is not None and without is not None and prompt.text == without.text:
        texts = (("with", prompt.text), ("without", without.text))
        return Finding(
            code, "note", "there is none: a text that asks is the same as any other", subject.evidence(question, *texts)
        )
    return Finding(code, "ok", f"the beginning of the trained answer, for {tried} answers")
