"""Exceptions: what they say, and that they survive a process border."""

from __future__ import annotations

import pickle

import chatloom
import pytest

CLASSES = [
    value for value in vars(chatloom).values() if isinstance(value, type) and issubclass(value, chatloom.ChatloomError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_errors_pickle_and_compare_by_content(error: type[chatloom.ChatloomError]) -> None:
    full = error("it broke", "TypeError", 3, 14, "3 | {{ x }}\n  |    ^", "mend it", 7, "messages[0]")
    copy = pickle.loads(pickle.dumps(full))
    assert type(copy) is error
    assert copy == full
    assert hash(copy) == hash(full)
    assert copy != error("it broke")
    assert str(copy) == str(full)


def test_the_first_line_is_complete() -> None:
    error = chatloom.TemplateRenderError("`x` is undefined", line=3, column=14, row=7, hint="keys: a", snippet="…")
    assert str(error).splitlines() == [
        "row 7: `x` is undefined (template line 3, column 14)",
        "…",
        "hint: keys: a",
    ]


def test_a_place_in_a_data_file_is_no_place_in_a_template() -> None:
    assert str(chatloom.DataError("a.jsonl, line 3: not JSON", line=3)) == "a.jsonl, line 3: not JSON"


def test_every_class_is_in_one_tree() -> None:
    assert len(CLASSES) == 12
    assert issubclass(chatloom.TemplateRaisedError, chatloom.TemplateRenderError)
    assert issubclass(chatloom.InternalError, Exception)


def syntax_error(source: str) -> chatloom.TemplateSyntaxError:
    with pytest.raises(chatloom.TemplateSyntaxError) as caught:
        chatloom.Template(source)
    return caught.value


def test_a_syntax_error_shows_the_place() -> None:
    error = syntax_error("one\n{{ two }}{% three %}\nfour")
    assert error.line == 2
    assert error.snippet is not None
    first, second = error.snippet.splitlines()
    assert first == "2 | {{ two }}{% three %}"
    assert error.column is not None
    assert second.index("^") == len("2 | ") + error.column - 1


def test_long_lines_are_cut_to_a_window() -> None:
    error = syntax_error("x" * 300 + "{% nonsense %}" + "y" * 300)
    assert error.snippet is not None
    assert "nonsense" in error.snippet
    assert max(map(len, error.snippet.splitlines())) < 120


def test_the_caret_stands_right_under_wide_characters() -> None:
    plain, wide = syntax_error("ab{% nonsense %}"), syntax_error("한국{% nonsense %}")
    assert plain.column == wide.column
    assert plain.snippet is not None
    assert wide.snippet is not None
    assert wide.snippet.splitlines()[1].index("^") == plain.snippet.splitlines()[1].index("^") + 2


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages[0][messages[0].content].x }}",
        "{{ messages|map(messages[0].content)|list }}",
        "{{ messages|selectattr('role', messages[0].content)|list }}",
    ],
)
def test_messages_of_errors_hold_no_contents(template: str) -> None:
    with pytest.raises(chatloom.TemplateRenderError) as caught:
        chatloom.Template(template).render([{"role": "user", "content": "SECRET"}])
    assert "SECRET" not in str(caught.value)


def test_comparing_values_that_share_their_parts_ends() -> None:
    template = (
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}"
        "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}"
    )
    with pytest.raises(chatloom.BudgetExceeded):
        chatloom.Template(template).render([{"role": "user", "content": "Hi"}])
