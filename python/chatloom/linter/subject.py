"""What is linted, and what it makes of conversations."""

from __future__ import annotations

from collections.abc import Iterator

from chatloom.errors import ChatloomError
from chatloom.formatter import Formatter
from chatloom.linter.chats import Chat
from chatloom.linter.report import Evidence
from chatloom.rendered import Rendered, Segment


class Subject:
    """A formatter, with what it made of each conversation so far."""

    def __init__(self, formatter: Formatter) -> None:
        self.formatter = formatter
        self._made: dict[tuple[str, int, bool], Rendered | ChatloomError] = {}

    def trace(self, chat: Chat, prompt: bool = False) -> Rendered | None:
        """A conversation, perhaps with the generation prompt; None where the template refuses it."""
        made = self._outcome(chat, prompt)
        return made if isinstance(made, Rendered) else None

    def refusal(self, chat: Chat) -> str | None:
        """Why the template refuses a conversation, on a line; None where it doesn't."""
        made = self._outcome(chat, False)
        return None if isinstance(made, Rendered) else str(made).split("\n", 1)[0]

    def evidence(self, chat: Chat, *texts: tuple[str, str]) -> Evidence:
        """What a conversation shows."""
        return Evidence(chat.arguments(), texts)

    def _outcome(self, chat: Chat, prompt: bool) -> Rendered | ChatloomError:
        key = (chat.name, len(chat.messages), prompt)
        if key not in self._made:
            try:
                self._made[key] = self.formatter.trace(**chat.arguments(), add_generation_prompt=prompt)
            except ChatloomError as error:
                self._made[key] = error
        return self._made[key]


def written(rendered: Rendered, message: int, field: str = "content") -> Iterator[Segment]:
    """What was printed of a field of a message."""
    for segment in rendered.segments:
        if segment.message == message and (segment.path or "").startswith(field):
            yield segment


def end_of_data(rendered: Rendered) -> int:
    """Where the last data ends."""
    return max((segment.end for segment in rendered.segments if segment.origin == "data"), default=0)


def marked(rendered: Rendered) -> str:
    """The text, what carries loss in double brackets."""
    pieces, at = [], 0
    for start, end in rendered.trained or ():
        pieces += [rendered.text[at:start], "[[", rendered.text[start:end], "]]"]
        at = end
    return "".join((*pieces, rendered.text[at:]))
