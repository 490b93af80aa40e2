"""Python values become template data as they do in transformers."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import math
from types import MappingProxyType
from typing import Any

import chatloom
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers.utils.chat_template_utils import render_jinja_template

SHOWN = "{{ x }}|{{ x is mapping }}|{{ x is sequence }}|{{ x is string }}|{{ x is number }}|{{ x is boolean }}"
CHAT = [{"role": "user", "content": "Hi"}]
COMPILED = chatloom.Template(SHOWN)


class Colour(enum.Enum):
    RED = 1


class Size(int, enum.Enum):
    BIG = 7


class Name(str, enum.Enum):
    A = "a"


class Text(str):
    def __str__(self) -> str:
        return "changed"


class Count(int):
    def __int__(self) -> int:
        return 99

    def __index__(self) -> int:
        return 99


class Ratio(float):
    def __float__(self) -> float:
        return 99.0


class Upper(dict[str, Any]):
    def items(self) -> Any:
        return [(key.upper(), value) for key, value in super().items()]


@dataclasses.dataclass
class Point:
    x: int
    inner: Any = None


class Record(pydantic.BaseModel):
    name: str
    parts: list[int]


class Opaque:
    pass


class Hashed:
    def __hash__(self) -> int:
        return id(self)


VALUES: list[Any] = [
    None,
    True,
    0,
    -(2**63),
    2**63,
    -(10**40),
    10**4000,
    1.0,
    1e16,
    -0.0,
    math.inf,
    math.nan,
    "",
    "한국어 \U0001f600 \x00",
    [],
    [1, [2, (3,)]],
    (1,),
    (),
    {},
    {"a": {"b": [None, True]}, 1: 2, None: 3, 2.5: 4, (1, 2): 5},
    Colour.RED,
    Size.BIG,
    Name.A,
    Text("plain"),
    Count(5),
    Ratio(2.5),
    Upper(a=1),
    collections.OrderedDict(b=1, a=2),
    collections.defaultdict(list, a=[1]),
    MappingProxyType({"a": 1}),
    Point(1, [Point(2)]),
    Point,
    Record(name="n", parts=[1, 2]),
    Opaque(),
    {Hashed(): 1, Hashed(): 2, "a": 3},
    {1, 2},
    b"bytes",
    datetime.date(2025, 3, 9),
    decimal.Decimal("1.5"),
    1j,
    len,
    np.bool_(False),
    np.int64(-3),
    np.uint64(2**64 - 1),
    np.float32(0.1),
    np.float64(0.1),
    np.str_("s"),
    np.datetime64("2025-03-09"),
    np.arange(3),
    collections.namedtuple("Pair", "a b")(1, 2),
    range(3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_look_the_same(value: Any) -> None:
    assert COMPILED.render(CHAT, x=value) == render_jinja_template([CHAT], chat_template=SHOWN, x=value)[0][0]


# Characters that every version of Unicode prints alike: what lists show of others is the engine's own test.
TEXT = st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("한국어\U0001f600\u2028\ufeff"))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text("abc") | st.integers(), inner),
    max_leaves=20,
)


@given(TREES)
def test_trees_look_the_same(value: Any) -> None:
    assert COMPILED.render(CHAT, x=value) == render_jinja_template([CHAT], chat_template=SHOWN, x=value)[0][0]


def test_a_lone_surrogate_is_refused_by_name_and_place() -> None:
    with pytest.raises(chatloom.UnsupportedInputError, match="lone surrogate at character 3") as caught:
        COMPILED.render([{"role": "user", "content": [{"text": "abc\ud800 secret"}]}])
    assert caught.value.path == "messages[0].content[0].text"
    assert caught.value.kind == "UnicodeEncodeError"
    assert "secret" not in str(caught.value)


def test_paths_show_no_keys_that_may_be_contents() -> None:
    with pytest.raises(chatloom.UnsupportedInputError) as caught:
        COMPILED.render([{"role": "user", "content": {"a private note!": "\ud800"}}])
    assert caught.value.path == "messages[0].content[…]"


def nested(depth: int) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = [value]
    return value


def test_depth_has_a_limit() -> None:
    assert chatloom.Template("{{ x | length }}").render(CHAT, x=nested(150)) == "1"
    with pytest.raises(chatloom.UnsupportedInputError, match="deep"):
        COMPILED.render(CHAT, x=nested(100_000))


def test_a_value_within_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(chatloom.UnsupportedInputError, match="deep"):
        COMPILED.render(CHAT, x=value)


def test_what_the_value_raises_comes_through() -> None:
    class Broken:
        def model_dump(self) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        COMPILED.render(CHAT, x=Broken())


def test_messages_must_be_a_list() -> None:
    with pytest.raises(chatloom.TemplateRenderError, match="messages` is of type int, expected a list") as caught:
        COMPILED.render(3)  # type: ignore[arg-type]
    assert caught.value.kind == "TypeError"


def test_functions_become_tools() -> None:
    def add(a: int, b: int) -> int:
        """
        Adds.

        Args:
            a: one
            b: other
        """
        return a + b

    source = "{{ tools[0] | tojson }}"
    expected = render_jinja_template([CHAT], tools=[add], chat_template=source)[0][0]
    assert chatloom.Template(source).render(CHAT, tools=[add]) == expected


def test_a_dict_that_changes_while_it_is_converted_is_taken_as_it_was() -> None:
    message: dict[str, Any] = {"role": "user"}

    class Meddler:
        def model_dump(self) -> str:
            message["late"] = 1
            return "dumped"

    message["content"] = Meddler()
    message["after"] = 1
    rendered = chatloom.Template("{{ messages[0] }}").render([message])
    assert rendered == "{'role': 'user', 'content': 'dumped', 'after': 1}"
