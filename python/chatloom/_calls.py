"""From the arguments of a call to what the core takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import isfunction, ismethod
from typing import Any

from chatloom import _core
from chatloom.errors import UnsupportedInputError

Messages = Iterable[Any]
"""Messages of a conversation: mappings with a `role`, dataclasses or pydantic models."""
Tools = Iterable[Mapping[str, Any] | Callable[..., Any]]
"""JSON schemas of tools, or documented Python functions."""
Documents = Iterable[Mapping[str, Any]]
"""Documents for templates that take them."""


def conversation(
    messages: Messages, tools: Tools | None, documents: Documents | None, variables: dict[str, Any]
) -> _core.Conversation:
    """The converted inputs of a render."""
    schemas = None if tools is None else [_schema(tool) for tool in tools]
    return _core.Conversation(getattr(messages, "messages", messages), schemas, documents, variables)


def continued(field: bool | str) -> str | None:
    """The field of the last message that stays open."""
    if isinstance(field, str):
        return field or None
    return "content" if field else None


def _schema(tool: Any) -> Any:
    if not (isfunction(tool) or ismethod(tool)):
        return tool
    try:
        from transformers.utils import get_json_schema
    except ImportError as error:
        raise UnsupportedInputError(
            "tools given as Python functions need transformers to describe them",
            hint="install transformers, or give each tool as a JSON schema",
            path="tools",
        ) from error
    return get_json_schema(tool)
