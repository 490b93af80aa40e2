"""Small conversations to try templates on; every word in them occurs once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Message = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Chat:
    """A conversation.

    Attributes:
        name: what is special about it.
        messages: the messages.
        tools: JSON schemas of tools, or None.
    """

    name: str
    messages: tuple[Message, ...]
    tools: tuple[Message, ...] | None = None

    def first(self, count: int) -> Chat:
        """Its first messages."""
        return replace(self, messages=self.messages[:count])

    def arguments(self) -> dict[str, Any]:
        """The arguments of a render."""
        tools = {} if self.tools is None else {"tools": list(self.tools)}
        return {"messages": list(self.messages), **tools}

    @property
    def answers(self) -> list[int]:
        """The indexes of the assistant's messages."""
        return [index for index, message in enumerate(self.messages) if message["role"] == "assistant"]


def user(content: str = "Where is it warm?", **others: Any) -> Message:
    """A question."""
    return {"role": "user", "content": content, **others}


def assistant(content: str = "Near Busan.", **others: Any) -> Message:
    """An answer."""
    return {"role": "assistant", "content": content, **others}


def system(content: str = "Be brief.") -> Message:
    """An instruction."""
    return {"role": "system", "content": content}


def call(arguments: Any, **others: Any) -> Message:
    """An answer that calls a tool."""
    function = {"name": "lookup", "arguments": arguments}
    return assistant("", tool_calls=[{"type": "function", "id": "call00001", "function": function}], **others)


def result(content: str = "Sunny.") -> Message:
    """What a tool says."""
    return {"role": "tool", "name": "lookup", "tool_call_id": "call00001", "content": content}


def schema(name: str) -> Message:
    """The description of a tool."""
    place = {"type": "string", "description": "Its place."}
    parameters = {"type": "object", "properties": {"place": place}, "required": ["place"]}
    described = {"name": name, "description": "Tells the weather.", "parameters": parameters}
    return {"type": "function", "function": described}


ARGUMENTS = {"place": "Jeju"}
ARGUMENTS_AS_TEXT = '{"place": "Jeju"}'
TOOLS = (schema("lookup"),)

_MORE = (user("And dry?"), assistant("In Daegu."))
_CALL = (user(), call(ARGUMENTS), result(), assistant())
_CALL_AS_TEXT = (user(), call(ARGUMENTS_AS_TEXT), result(), assistant())

PLAIN = Chat("plain", (user(), assistant()))
PARTS = Chat(
    "contents as parts",
    tuple({**message, "content": [{"type": "text", "text": message["content"]}]} for message in PLAIN.messages),
)
TURNS = Chat("turns", (*PLAIN.messages, *_MORE))
SYSTEM = Chat("system", (system(), *PLAIN.messages))
CALL = Chat("tool call", _CALL, TOOLS)
CALL_AS_TEXT = Chat("tool call with arguments as text", _CALL_AS_TEXT, TOOLS)

REASONED = Chat(
    "reasoning",
    (
        user(),
        assistant(reasoning_content="South is warm."),
        _MORE[0],
        assistant("In Daegu.", reasoning_content="Hills keep rain off."),
    ),
)
THOUGHT = Chat(
    "reasoning in the content",
    (
        user(),
        assistant("<think>\nSouth is warm.\n</think>\n\nNear Busan."),
        _MORE[0],
        assistant("<think>\nHills keep rain off.\n</think>\n\nIn Daegu."),
    ),
)
REASONED_CALL = Chat(
    "reasoning and a tool call",
    (user(), call(ARGUMENTS, reasoning_content="Look it up."), result(), assistant(), *_MORE),
    TOOLS,
)

SHAPES = (
    PLAIN,
    SYSTEM,
    TURNS,
    Chat("assistant first", (assistant("Hello."), *PLAIN.messages)),
    Chat("two users", (user(), user("Soon?"), assistant(), *_MORE)),
    REASONED,
    THOUGHT,
    CALL,
    CALL_AS_TEXT,
    Chat("tool call, then more", (*_CALL, *_MORE), TOOLS),
    Chat("tool call as text, then more", (*_CALL_AS_TEXT, *_MORE), TOOLS),
    Chat("system and tools", (system(), *_CALL, *_MORE), TOOLS),
    REASONED_CALL,
)
"""What is tried where any shape might be a witness: from the simplest on."""
