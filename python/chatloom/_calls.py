"""The arguments of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import isfunction, ismethod
from typing import Any, Literal, TypeAlias

from chatloom import _core
from chatloom.errors import TemplateRenderError, UnsupportedInputError
from chatloom.rendered import Rendered, Segment, Turn

Messages = Iterable[Mapping[str, Any]]
"""Messages of a conversation: mappings with a `role`."""
Tools = Iterable[Mapping[str, Any] | Callable[..., Any]]
"""JSON schemas of tools, or documented Python functions."""
Documents = Iterable[Mapping[str, Any]]
"""Documents for templates that take them."""

Compat = Literal["transformers-5", "transformers-4.57"]
"""The version of transformers whose treatment of messages is reproduced."""

# What is to be used instead of parameters that `apply_chat_template` has beside these.
_INSTEAD = {
    "conversation": "give the messages as `messages`",
    "conversations": "give one conversation as `messages`, or many to `encode_batch`",
    "chat_template": "choose the template when the Formatter is made, or use `chatloom.Template`",
    "tokenize": "`encode` gives tokens, `render` gives text",
    "sanitize_control_tokens": "it is decided when the Formatter is made, by its option `control_tokens`",
    "padding": "`pack` and `Packs.padded` make rectangles",
    "truncation": "`max_length` and `overflow` are options of the Formatter",
    "max_length": "it is an option of the Formatter",
    "return_tensors": "`encode` gives numpy arrays",
    "return_dict": "`encode` gives an Example",
    "return_assistant_tokens_mask": "`encode` gives labels",
    "tokenizer_kwargs": "the tokenizer takes no further options",
}


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


def require_plain_call(messages: Any, tools: Any, documents: Any, variables: dict[str, Any]) -> None:
    """As `require_plain`, for all arguments of a call; called by the core."""
    for tool in tools if isinstance(tools, (list, tuple)) else ():
        if isfunction(tool) or ismethod(tool):
            raise UnsupportedInputError(
                "tools given as Python functions are described as transformers 5 does it",
                hint="give each tool as a JSON schema",
                path="tools",
            )
    require_plain({"messages": messages, "tools": tools, "documents": documents, **variables})


_Core: TypeAlias = "_core.Template | _core.Formatter"


class Renders:
    """What templates and formatters have in common."""

    __slots__ = ()
    _core: _Core

    def _given(self, *given: Any) -> Any:
        """The arguments of a call as the core takes them, the variables last."""
        if given[-1]:
            check_names(given[-1])
        return given

    def render(
        self,
        messages: Messages,
        tools: Tools | None = None,
        documents: Documents | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        **variables: Any,
    ) -> str:
        """The text of a conversation, as `transformers.apply_chat_template(tokenize=False)` gives it.

        Args:
            messages: the conversation, in order: dicts with a `role`. Dataclasses and pydantic models are taken as
                values within a message, but refused as messages, as transformers refuses them.
            tools: JSON schemas, or documented functions if transformers is installed.
            documents: dicts, for templates that take them.
            add_generation_prompt: opens an assistant turn at the end.
            continue_final_message: leaves the last message open, or the field of it that is named here.
            **variables: whatever else the template reads; unlike run variables they count as data.

        Raises:
            TemplateRenderError: the render fails as it fails in transformers; see `kind`.
            TemplateRaisedError: the template refused the conversation.
            BudgetExceeded: it took more than its `Limits`.
            UnsupportedInputError: the call can't be reproduced exactly.
            TypeError: a parameter that `apply_chat_template` has and this has not.

        >>> from chatloom import Template
        >>> greeting = Template("{{ greeting }}, {{ messages[0].content }}!")
        >>> greeting.render([{"role": "user", "content": "Ada"}], greeting="Hello")
        'Hello, Ada!'
        """
        given = (messages, tools, documents, add_generation_prompt, continue_final_message, variables)
        return self._core.render(self._given(*given))


def check_names(variables: Mapping[str, Any]) -> None:
    """Refuses names that are no template's to read.

    Raises:
        TypeError: `apply_chat_template` has a parameter of such a name.
    """
    for name in _INSTEAD.keys() & variables.keys():
        raise TypeError(f"{name} is no argument here: {_INSTEAD[name]}")


def segments(parts: Iterable[tuple[Any, ...]]) -> tuple[Segment, ...]:
    """Segments as the core gives them."""
    return tuple(Segment(*part) for part in parts)


def traced(parts: _core._Traced) -> Rendered:
    """A traced conversation as the core gives it."""
    text, pieces, trained, turns, tokens = parts
    known = (text, segments(pieces), tuple(trained), tuple(Turn(*turn) for turn in turns))
    if tokens is None:
        return Rendered(*known)
    (input_ids, labels, weights, told), token_bytes = tokens
    return Rendered(*known, input_ids, labels, token_bytes, weights, tuple(told))


def schema(tool: Any, index: int) -> dict[str, Any]:
    """The JSON schema of a function that was given as a tool; called by the core."""
    path = f"tools[{index}]"
    if not (isfunction(tool) or ismethod(tool)):
        raise TemplateRenderError(
            f"`{path}` is of type {type(tool).__name__}, expected a JSON schema (a dict) or a documented function",
            kind="ValueError",
            path=path,
        )
    try:
        from transformers.utils import get_json_schema
    except ImportError as error:
        raise UnsupportedInputError(
            "tools given as Python functions need transformers to describe them",
            hint="install transformers, or give each tool as a JSON schema",
            path=path,
        ) from error
    try:
        described: dict[str, Any] = get_json_schema(tool)
    except Exception as error:
        raise TemplateRenderError(
            f"`{path}` can't be described: {error}", kind=type(error).__name__, path=path
        ) from error
    return described
