"""From the arguments of a call to what the core takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import isfunction, ismethod
from typing import Any, Literal

from chatloom import _core
from chatloom.errors import UnsupportedInputError

Messages = Iterable[Any]
"""Messages of a conversation: mappings with a `role`, dataclasses or pydantic models."""
Tools = Iterable[Mapping[str, Any] | Callable[..., Any]]
"""JSON schemas of tools, or documented Python functions."""
Documents = Iterable[Mapping[str, Any]]
"""Documents for templates that take them."""

Compat = Literal["transformers-5", "transformers-4.57"]
"""The version of transformers whose treatment of messages is reproduced."""


def conversation(
    messages: Messages,
    tools: Tools | None,
    documents: Documents | None,
    variables: dict[str, Any],
    compat: Compat = "transformers-5",
) -> _core.Conversation:
    """The converted inputs of a render."""
    messages = getattr(messages, "messages", messages)
    schemas = None if tools is None else [_schema(tool, compat) for tool in tools]
    if compat != "transformers-5":
        require_plain({"messages": messages, "tools": schemas, "documents": documents, **variables})
    return _core.Conversation(messages, schemas, documents, variables)


_PLAIN = (type(None), bool, int, float, str, list, tuple, dict)


def require_plain(value: Any, path: str = "") -> None:
    """Refuses what transformers 4 hands to templates as it is, where 5 makes plain data of it."""
    if type(value) not in _PLAIN:
        raise UnsupportedInputError(
            f"`{path}` is of type {type(value).__name__}, which templates see as it is in transformers 4",
            hint='give plain data, or choose compat="transformers-5"',
            path=path,
        )
    if isinstance(value, dict):
        for key, item in value.items():
            name = key if isinstance(key, str) and key.isidentifier() else "[…]"
            require_plain(item, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            require_plain(item, f"{path}[{index}]")


def continued(field: bool | str) -> str | None:
    """The field of the last message that stays open."""
    if isinstance(field, str):
        return field or None
    return "content" if field else None


def _schema(tool: Any, compat: Compat) -> Any:
    if not (isfunction(tool) or ismethod(tool)):
        return tool
    if compat != "transformers-5":
        raise UnsupportedInputError(
            "tools given as Python functions are described as transformers 5 does it",
            hint="give each tool as a JSON schema",
            path="tools",
        )
    try:
        from transformers.utils import get_json_schema
    except ImportError as error:
        raise UnsupportedInputError(
            "tools given as Python functions need transformers to describe them",
            hint="install transformers, or give each tool as a JSON schema",
            path="tools",
        ) from error
    return get_json_schema(tool)
