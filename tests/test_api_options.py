"""Options: checked, immutable, compared and hashed by content."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import date, datetime
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import Formatter, Limits, Options
from conftest import CHAT, EXAMPLE_MODEL


def formatter(**options: Any) -> Formatter:
    return Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", **options)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"labels": "user"}, "labels is 'user', expected assistant, last, generation or all"),
    ({"labels": 3}, "labels is no set of roles, .* but 3"),
    ({"labels": {1}}, "labels is no set of roles, .* but {1}"),
    ({"tool_calls": "some"}, "tool_calls is 'some', expected all, arguments or none"),
    ({"end_tokens": None}, "end_tokens is None, expected turn, last or none"),
    ({"boundary": ["any"]}, "boundary is \\['any'\\], expected any or all"),
    ({"overflow": "cut"}, "overflow is 'cut', expected error, drop, truncate or split"),
    ({"keep": "middle"}, "keep is 'middle', expected end or start"),
    ({"unstable": "drop"}, "unstable is 'drop', expected whole, split or error"),
    ({"reasoning": 1}, "reasoning is 1, expected True or False"),
    ({"max_length": 0}, "max_length is 0, expected a whole number from 1 to"),
    ({"max_length": -1}, "max_length is -1, expected"),
    ({"max_length": True}, "max_length is True, expected"),
    ({"max_length": 2.5}, "max_length is a float, expected"),
    ({"max_length": 10**100}, "max_length is a number of more than 20 digits, expected"),
    ({"now": "today"}, "now is a str, expected a datetime"),
    ({"now": date(2025, 1, 2)}, "now is a date, expected a datetime"),
    ({"limits": {"steps": 5}}, "limits is {'steps': 5}, expected Limits"),
    ({"variables": [1]}, "variables is a list, expected a dict"),
    ({"variables": {1: 2}}, "variables has a name of type int, expected text"),
    ({"variables": {"messages": []}}, "messages belongs to a call"),
    ({"variables": {"padding": True}}, "padding belongs to a call"),
    ({"variables": {"overflow": "drop"}}, "overflow is an option of the Formatter"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_an_option_takes_only_its_values(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**given)


def test_variables_that_cant_be_reproduced_are_refused_by_name() -> None:
    with pytest.raises(chatloom.UnsupportedInputError) as caught:
        formatter(tone=["low", "\ud800"])
    assert caught.value.path == "tone[1]"


def test_numbers_of_other_types_are_taken() -> None:
    assert Options(max_length=np.int64(7)) == Options(max_length=7)
    assert type(Options(max_length=np.int64(7)).max_length) is int


def test_nothing_can_be_changed() -> None:
    given = {"tone": ["low", {"deep": [1]}]}
    fmt = formatter(**given, chat_template="{{ tone }}")
    before = fmt.fingerprint, fmt.render(CHAT), hash(fmt.options)
    given["tone"].append("added")
    fmt.options.variables["tone"].append("added")
    fmt.options.variables["tone"][1]["deep"].append(2)
    for name in ("max_length", "variables", "other"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(fmt.options, name, {})
    with pytest.raises(TypeError):
        fmt.options.variables["tone"] = 1  # type: ignore[index]
    fmt.templates["default"] = fmt.special_tokens["eos_token"] = "changed"
    assert (fmt.fingerprint, fmt.render(CHAT), hash(fmt.options)) == before
    assert fmt.options.variables == {"tone": ["low", {"deep": [1]}]}


SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"labels": {"assistant", "tool"}}, {"labels": ["tool", "assistant"]}),
    ({"variables": {"a": 1, "b": [2]}}, {"variables": {"b": [2], "a": 1}}),
    ({"variables": {"a": math.nan}}, {"variables": {"a": float("nan")}}),
    ({"now": datetime(2025, 1, 2)}, {"now": datetime(2025, 1, 2)}),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_equal_contents_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    left, right = Options(**one), Options(**other)
    assert left == right
    assert hash(left) == hash(right)
    assert pickle.loads(pickle.dumps(left)) == copy.deepcopy(left) == left
    made = [Formatter(formatter()._model, options) for options in (left, right)]
    assert made[0] == made[1]


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"labels": "last"},
    {"labels": {"assistant"}},
    {"max_length": 5},
    {"limits": Limits(steps=5)},
    {"limits": Limits(memory=5)},
    *({"variables": {"a": value}} for value in (True, 1, 1.0, 0.0, -0.0, "1", None, [1], (1,), {"a": 1})),
]


def test_different_contents_differ() -> None:
    options = [Options(**given) for given in DIFFERENT]
    assert len(set(options)) == len(options)
    assert len({Formatter(formatter()._model, option).fingerprint for option in options}) == len(options)
