"""Odd arguments: what transformers takes is taken alike, what it refuses is refused, and nothing differs silently."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import inspect
import math
import types
from collections.abc import Callable, Iterator
from typing import Any

import chatloom
import numpy as np
import pydantic
import pytest
from chatloom import UnsupportedInputError
from conftest import EXAMPLE_MODEL
from transformers import AutoTokenizer

SOURCE = (
    "{% if tools is not none %}T{{ tools | tojson }}{% endif %}"
    "{% if documents is not none %}D{{ documents }}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ m.keys() | list }}{% endfor %}"
    "{% if x is defined %}{{ x }}{% endif %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
TOKENIZER = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
TOKENIZER.chat_template = SOURCE
TEMPLATE = chatloom.Template(SOURCE)
FORMATTER = chatloom.Formatter.from_pretrained(TOKENIZER)
CHAT = [{"role": "user", "content": "Hi"}]
OPEN = [*CHAT, {"role": "assistant", "content": "Well "}]


def add(a: int, b: int = 1) -> int:
    """
    Adds.

    Args:
        a: one
        b: other
    """
    return a + b


def undocumented(a: int) -> int:
    return a


class Adder:
    def add(self, a: int) -> int:
        """
        Adds.

        Args:
            a: one
        """
        return a


@dataclasses.dataclass
class Message:
    role: str = "user"
    content: Any = "Hi"


@dataclasses.dataclass(frozen=True)
class Key:
    name: str = "k"


class Model(pydantic.BaseModel):
    role: str = "user"
    content: str = "Hi"


class Nothing(pydantic.RootModel[None]):
    root: None = None


class Pairs:
    def __init__(self, *pairs: Any) -> None:
        self.pairs = pairs

    def items(self) -> Any:
        return self.pairs


class Held:
    messages = CHAT


class HeldAndIterable:
    messages = OPEN

    def __iter__(self) -> Iterator[Any]:
        return iter(CHAT)


class Loud(dict[str, Any]):
    def items(self) -> Any:
        return [(key, str(value).upper()) for key, value in super().items()]


class Role(str, enum.Enum):
    USER = "user"


class Size(enum.IntEnum):
    BIG = 7


class Liar:
    @property
    def __class__(self) -> Any:
        return str


class ListLiar:
    @property
    def __class__(self) -> Any:
        return list

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])


class Meta(type):
    @property
    def __name__(cls) -> str:
        return "Renamed"


class Named(metaclass=Meta):
    pass


class Field:
    """Has what a dataclass has, but on the instance."""

    def __init__(self) -> None:
        self.__dataclass_fields__: dict[str, Any] = {}


def said(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def nested(depth: int) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = [value]
    return value


CALLS: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": lambda: {"messages": CHAT},
    # messages
    "tuple": lambda: {"messages": tuple(CHAT)},
    "generator": lambda: {"messages": (message for message in CHAT)},
    "deque": lambda: {"messages": collections.deque(CHAT)},
    "array": lambda: {"messages": np.array(CHAT, object)},
    "empty list": lambda: {"messages": []},
    "empty tuple": lambda: {"messages": ()},
    "empty iterator": lambda: {"messages": iter(())},
    "empty text": lambda: {"messages": ""},
    "text": lambda: {"messages": "Hi"},
    "none": lambda: {"messages": None},
    "number": lambda: {"messages": 3},
    "one message": lambda: {"messages": CHAT[0]},
    "batch": lambda: {"messages": [CHAT, CHAT]},
    "batch of tuples": lambda: {"messages": (tuple(CHAT),)},
    "batch of objects": lambda: {"messages": [Held()]},
    "object with messages": lambda: {"messages": Held()},
    "iterable object with messages": lambda: {"messages": HeldAndIterable()},
    "dataclass": lambda: {"messages": [Message()]},
    "pydantic": lambda: {"messages": [Model()]},
    "message of text": lambda: {"messages": [*CHAT, "Hi"]},
    "message of none": lambda: {"messages": [*CHAT, None]},
    "message list later": lambda: {"messages": [*CHAT, CHAT]},
    "mapping": lambda: {"messages": [types.MappingProxyType(CHAT[0])]},
    "user dict": lambda: {"messages": [collections.UserDict(CHAT[0])]},
    "ordered": lambda: {"messages": [collections.OrderedDict(content="Hi", role="user")]},
    "chain": lambda: {"messages": [collections.ChainMap({"role": "user"}, {"content": "Hi"})]},
    "own items": lambda: {"messages": [Loud(role="user", content="Hi")]},
    "pairs": lambda: {"messages": [Pairs(("role", "user"), ["content", "Hi"])]},
    "repeated pairs": lambda: {"messages": [Pairs(("role", "user"), ("content", "a"), ("role", "x"))]},
    "no pairs": lambda: {"messages": [Pairs(("role", "user", 1))]},
    "unhashable pairs": lambda: {"messages": [Pairs(([], "user"))]},
    "none values": lambda: {"messages": [{"role": "user", "content": "Hi", "name": None, "tool_calls": None}]},
    "later none": lambda: {"messages": [{"role": "user", "content": Nothing()}]},
    "enum key": lambda: {"messages": [{Role.USER: 1, "user": 2, "role": "r", "content": "c"}]},
    "number key": lambda: {"messages": [{"role": "user", "content": "Hi", 1: 2}]},
    "enum role": lambda: {"messages": [{"role": Role.USER, "content": "Hi"}]},
    # values
    "bytes": lambda: said(b"bytes"),
    "set": lambda: said({1}),
    "decimal": lambda: said(decimal.Decimal("1.5")),
    "datetime": lambda: said(datetime.datetime(2025, 1, 2)),
    "nan": lambda: said([math.nan, math.inf, -0.0]),
    "huge": lambda: said([10**400, -(10**400), 2**63, -(2**63)]),
    "int enum": lambda: said(Size.BIG),
    "numpy scalars": lambda: said([np.int64(1), np.float32(0.1), np.bool_(True), np.str_("s"), np.float64(2)]),
    "numpy array": lambda: said(np.arange(3)),
    "dataclass value": lambda: said(Message(content=Message())),
    "pydantic value": lambda: said(Model()),
    "class value": lambda: said([Message, Model.__name__, int]),
    "liar": lambda: said(Liar()),
    "list liar": lambda: said(ListLiar()),
    "renamed": lambda: said(Named()),
    "field": lambda: said(Field()),
    "merged keys": lambda: said({Size.BIG: 1, 7: 2, Role.USER: 3, "user": 4}),
    "tuple keys": lambda: said({(1, Size.BIG): 1, (1, 7): 2, (np.int64(1),): 3}),
    "nan keys": lambda: said({math.nan: 1, float("nan"): 2}),
    "unhashable key": lambda: said({Key(): 1}),
    "unhashable tuple key": lambda: said({(1, Key()): 1}),
    "deep": lambda: said(nested(150)),
    "too deep": lambda: said(nested(5000)),
    "surrogate": lambda: said("a\ud800b"),
    "surrogate key": lambda: said({"a\ud800b": 1}),
    "nul": lambda: said("a\x00b\uffff\U0010ffff"),
    # tools and documents
    "no tools": lambda: {"messages": CHAT, "tools": []},
    "tuple of tools": lambda: {"messages": CHAT, "tools": ({"name": "a"},)},
    "iterator of tools": lambda: {"messages": CHAT, "tools": iter([{"name": "a"}])},
    "function": lambda: {"messages": CHAT, "tools": [add]},
    "method": lambda: {"messages": CHAT, "tools": [Adder().add, {"name": "b"}]},
    "undocumented": lambda: {"messages": CHAT, "tools": [undocumented]},
    "lambda": lambda: {"messages": CHAT, "tools": [lambda a: a]},
    "builtin": lambda: {"messages": CHAT, "tools": [len]},
    "callable object": lambda: {"messages": CHAT, "tools": [Adder]},
    "mapping tool": lambda: {"messages": CHAT, "tools": [types.MappingProxyType({"name": "a"})]},
    "dict subclass tool": lambda: {"messages": CHAT, "tools": [collections.OrderedDict(name="a", v=Message())]},
    "text tool": lambda: {"messages": CHAT, "tools": ["a"]},
    "none tool": lambda: {"messages": CHAT, "tools": [None]},
    "dict tools": lambda: {"messages": CHAT, "tools": {"name": "a"}},
    "empty dict tools": lambda: {"messages": CHAT, "tools": {}},
    "number tools": lambda: {"messages": CHAT, "tools": 5},
    "false tools": lambda: {"messages": CHAT, "tools": False},
    "no documents": lambda: {"messages": CHAT, "documents": []},
    "documents": lambda: {"messages": CHAT, "documents": [{"title": "t", "text": Message()}]},
    "tuple of documents": lambda: {"messages": CHAT, "documents": ({"title": "t"},)},
    "iterator of documents": lambda: {"messages": CHAT, "documents": iter([{"title": "t"}])},
    "text document": lambda: {"messages": CHAT, "documents": ["t"]},
    "mapping document": lambda: {"messages": CHAT, "documents": [types.MappingProxyType({"t": 1})]},
    "dict documents": lambda: {"messages": CHAT, "documents": {"t": 1}},
    "empty dict documents": lambda: {"messages": CHAT, "documents": {}},
    "text documents": lambda: {"messages": CHAT, "documents": ""},
    "number documents": lambda: {"messages": CHAT, "documents": 5},
    # variables
    "variable": lambda: {"messages": CHAT, "x": [1, {"a": (2,)}]},
    "odd variable": lambda: {"messages": CHAT, "x": {1, 2}},
    "variable without identifier": lambda: {"messages": CHAT, "a b": 1},
    "surrogate variable": lambda: {"messages": CHAT, "a\ud800": 1},
    # the end
    **{
        f"prompt {prompt!r}": lambda prompt=prompt: {"messages": CHAT, "add_generation_prompt": prompt}
        for prompt in (1, 0, 2.5, "yes", "", None, [], [0], np.bool_(True), np.bool_(False), np.int64(1), {1}, 10**30)
    },
    **{
        f"open {field!r}": lambda field=field: {"messages": OPEN, "continue_final_message": field}
        for field in (True, 1, "content", "", None, 0, [1], "role", "name", "reasoning", Role.USER, np.bool_(True))
    },
    "open iterator": lambda: {"messages": iter(OPEN), "continue_final_message": True},
    "open and prompt": lambda: {"messages": OPEN, "continue_final_message": True, "add_generation_prompt": True},
    "open and odd prompt": lambda: {"messages": OPEN, "continue_final_message": 1, "add_generation_prompt": "yes"},
    "open parts": lambda: {
        "messages": [{"role": "assistant", "content": [{"type": "text", "text": "x"}]}],
        "continue_final_message": True,
    },
    "open number": lambda: {"messages": [{"role": "assistant", "content": 3}], "continue_final_message": True},
    **{
        f"open parts {parts!r}": lambda parts=parts: {
            "messages": [{"role": "assistant", "content": parts}],
            "continue_final_message": True,
        }
        for parts in (
            *([1, (2,)], [None], ["a"], ["a text"], [["text"]], [{"type": "image"}], [{"text": ["x"]}], [{"text": 1}]),
            *(
                [{"text": "x"}, "a"],
                [{"text": "x"}, {"type": "image"}],
                ({"text": "x"}, ("a",)),
                [{"text": "x"}, 1],
                (),
            ),
        )
    },
}


def theirs(call: dict[str, Any]) -> tuple[str, str]:
    messages = call.pop("messages")
    try:
        text = TOKENIZER.apply_chat_template(messages, tokenize=False, **call)
    except Exception as error:
        return "error", type(error).__name__
    return ("text", text) if isinstance(text, str) else ("texts", "")


def ours(render: Callable[..., Any], call: dict[str, Any]) -> tuple[str, str]:
    try:
        return "text", render(**call)
    except UnsupportedInputError as error:
        return "refused", str(error.path)
    except chatloom.ChatloomError as error:
        return "error", str(error.kind)
    except (TypeError, ValueError) as error:
        return "error", type(error).__name__


REFUSED = {
    "empty iterator": "messages",
    "empty text": "messages",
    "batch": "messages",
    "batch of tuples": "messages",
    "batch of objects": "messages",
    "later none": "messages[0].content",
    "number key": "None",
    "too deep": "messages[0].content" + "[0]" * 199,
    "surrogate": "messages[0].content",
    "surrogate key": "messages[0].content[a key]",
    "surrogate variable": "the name of a variable",
    "prompt np.int64(1)": "add_generation_prompt",
    "prompt {1}": "add_generation_prompt",
    f"prompt {10**30}": "add_generation_prompt",
}
"""Where nothing is given back, whatever transformers does; with the path that is named."""


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("render", [TEMPLATE.render, FORMATTER.render], ids=["template", "formatter"])
def test_renders_are_those_of_transformers(render: Callable[..., Any], name: str) -> None:
    found, expected = ours(render, CALLS[name]()), theirs(CALLS[name]())
    if found[0] == "refused":
        assert REFUSED[name] == found[1]
    else:
        assert found == expected


@pytest.mark.parametrize("name", CALLS)
def test_traces_and_examples_are_of_the_same_text(name: str) -> None:
    rendered = ours(FORMATTER.render, CALLS[name]())
    assert ours(lambda **call: TEMPLATE.trace(**call).text, CALLS[name]()) == rendered
    assert ours(lambda **call: FORMATTER.trace(**call).text, CALLS[name]()) == rendered
    assert ours(lambda **call: FORMATTER.decode(FORMATTER.encode(**call).input_ids), CALLS[name]()) == rendered


@pytest.mark.parametrize("prompt", [1, "yes", None])
def test_a_prompt_that_is_printed_is_printed_as_it_is(prompt: Any) -> None:
    source = "{{ messages[0].content }}{{ add_generation_prompt }}"
    template, tokenizer = chatloom.Template(source), AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    expected = tokenizer.apply_chat_template(CHAT, chat_template=source, tokenize=False, add_generation_prompt=prompt)
    assert template.render(CHAT, add_generation_prompt=prompt) == expected
    with pytest.raises(UnsupportedInputError, match="neither True nor False") as caught:
        template.trace(CHAT, add_generation_prompt=prompt)
    assert caught.value.path == "add_generation_prompt"


RESERVED = sorted(
    inspect.signature(TOKENIZER.apply_chat_template).parameters.keys()
    - {"tools", "documents", "add_generation_prompt", "continue_final_message", "kwargs"}
    | {"conversations"}
)


@pytest.mark.parametrize("name", RESERVED)
@pytest.mark.parametrize("call", [TEMPLATE.render, TEMPLATE.trace, FORMATTER.render, FORMATTER.trace, FORMATTER.encode])
def test_parameters_of_transformers_are_no_variables(call: Callable[..., Any], name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} is no argument here: .") as caught:
        call(CHAT, **{name: None})
    assert not isinstance(caught.value, chatloom.ChatloomError)


def test_tools_need_transformers_to_describe_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers.utils", None)
    with pytest.raises(UnsupportedInputError, match="need transformers") as caught:
        TEMPLATE.render(CHAT, tools=[add])
    assert caught.value.path == "tools[0]"


@pytest.mark.parametrize("source", ["a\ud800b", "{{ '\ud800' }}"])
def test_templates_with_lone_surrogates_are_refused(source: str) -> None:
    with pytest.raises(chatloom.UnsupportedTemplateError, match="lone surrogate at character"):
        chatloom.Template(source)
    with pytest.raises(chatloom.UnsupportedTemplateError, match="lone surrogate at character"):
        chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, chat_template="{{ x }}" + source)


@pytest.mark.parametrize("source", [None, 3, b"text"])
def test_a_template_is_text(source: Any) -> None:
    with pytest.raises(TypeError):
        chatloom.Template(source)
