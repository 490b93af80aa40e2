"""Exceptions: what they say, and that they survive a process border."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from random import Random

import chatloom
import jinja2
import pytest
from chatloom.files import read_model
from conftest import EXAMPLE_MODEL
from hypothesis import given, settings
from hypothesis import strategies as st
from language.probes import all_probes
from language.programs import Program
from transformers.utils import chat_template_utils

CLASSES = [
    value for value in vars(chatloom).values() if isinstance(value, type) and issubclass(value, chatloom.ChatloomError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_errors_pickle_and_compare_by_content(error: type[chatloom.ChatloomError]) -> None:
    full = error(
        "it broke", "TypeError", 3, 14, "3 | {{ x }}\n  |    ^", "mend it", 7, "messages[0]", "tool_use", "it …"
    )
    copy = pickle.loads(pickle.dumps(full))
    assert type(copy) is error
    assert copy == full
    assert hash(copy) == hash(full)
    assert copy != error("it broke")
    assert str(copy) == str(full)


def test_the_first_line_is_complete() -> None:
    error = chatloom.TemplateRenderError(
        "`x` is undefined",
        kind="UndefinedError",
        line=3,
        column=14,
        row=7,
        path="messages[2]",
        template="tool_use",
        hint="keys: a",
        snippet="…",
    )
    assert str(error).splitlines() == [
        "row 7: UndefinedError: `x` is undefined (messages[2], template `tool_use`, line 3, column 14)",
        "…",
        "hint: keys: a",
    ]


def test_a_kind_that_is_the_class_is_not_told_twice() -> None:
    error = chatloom.TemplateSyntaxError("it broke", kind="TemplateSyntaxError", line=3, column=14)
    assert str(error) == "it broke (template line 3, column 14)"


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


@pytest.mark.parametrize("before", ["", "a\n\nb\n"])
@pytest.mark.parametrize("space", [" ", "\n"])
def test_lines_of_syntax_errors_are_those_of_the_reference(before: str, space: str) -> None:
    for _, probe in all_probes():
        source = before + probe.replace(" ", space) + "\nx"
        assert syntax_error_of_ours(source) in (syntax_error_of_the_reference(source), REFUSED), source


PIECES = ["", "{", "}", "%", "#}", "(", "]", "'", "|", "\n", "-", "=", "if"]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.randoms(use_true_random=False))
def test_lines_of_errors_in_broken_programs_are_those_of_the_reference(random: Random) -> None:
    source = Program(random).template().replace(" %}", "\n%}")
    at = random.randrange(len(source))
    broken = source[:at] + random.choice(PIECES) + source[at + 1 :]
    assert syntax_error_of_ours(broken) in (syntax_error_of_the_reference(broken), REFUSED)


REFUSED = "refused"


def syntax_error_of_ours(source: str) -> tuple[str | None, int | None] | str | None:
    try:
        chatloom.Template(source)
    except chatloom.UnsupportedTemplateError:
        return REFUSED
    except chatloom.TemplateSyntaxError as error:
        return error.kind, None if error.kind in ("SyntaxError", "ValueError") else error.line
    return None


def syntax_error_of_the_reference(source: str) -> tuple[str, int | None] | None:
    """Kind and line; where Python itself finds it, the line is one of the Python that Jinja wrote."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chat_template_utils._compile_jinja_template(source)
    except jinja2.TemplateSyntaxError as error:
        return type(error).__name__, error.lineno
    except (AssertionError, SyntaxError, ValueError) as error:
        return type(error).__name__, None
    return None


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
        "{{ raise_exception('no ' ~ messages[0].content) }}",
        "{{ messages[0].tool_calls[0] }}",
        "{{ raise_exception('no role ' ~ messages[0].content) }}",
    ],
)
def test_messages_of_errors_hold_no_contents(template: str) -> None:
    with pytest.raises(chatloom.TemplateRenderError) as caught:
        chatloom.Template(template).render([{"role": "SECRET", "content": "SECRET", "SECRET too": 1}])
    assert "SECRET" not in str(caught.value) + repr(caught.value)


def test_what_a_template_raises_is_kept_word_by_word() -> None:
    with pytest.raises(chatloom.TemplateRaisedError) as caught:
        chatloom.Template("{{ raise_exception('no ' ~ messages[0].role) }}").render([{"role": "wizard", "content": ""}])
    assert caught.value.message == "no wizard"
    assert str(caught.value).startswith("TemplateError: no … (")
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value


def test_an_error_names_the_template_where_there_are_several() -> None:
    templates = {"default": "{{ 1 + '' }}", "tool_use": "\n{% for m in messages %}{{ m.name.x }}{% endfor %}"}
    model = replace(read_model(str(EXAMPLE_MODEL), "files"), templates=templates)
    messages = [{"role": "user", "content": "Hi"}]
    with pytest.raises(chatloom.TemplateRenderError) as caught:
        chatloom.Formatter(model).render(messages, tools=[])
    assert (caught.value.template, caught.value.path, caught.value.line) == ("tool_use", "messages[0]", 2)
    assert (
        caught.value.snippet
        == "2 | {% for m in messages %}{{ m.name.x }}{% endfor %}\n  |                                 ^"
    )
    with pytest.raises(chatloom.TemplateSyntaxError, match="template `tool_use`, line 1"):
        chatloom.Formatter(replace(model, templates={**templates, "tool_use": "{% if %}"})).render(messages, tools=[])


def test_comparing_values_that_share_their_parts_ends() -> None:
    template = (
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}"
        "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}"
    )
    with pytest.raises(chatloom.BudgetExceeded):
        chatloom.Template(template).render([{"role": "user", "content": "Hi"}])


PANICS = """
import sys, chatloom, json
tokenizer = json.load(open({model!r}))
tokenizer["pre_tokenizer"] = {{"type": "FixedLength", "length": 0}}
json.dump(tokenizer, open({broken!r}, "w"))
try:
    chatloom.Formatter.from_files({broken!r}, chat_template="chatml")
except chatloom.TokenizerLoadError as error:
    print(error)
"""


def test_panics_are_caught_without_a_word(tmp_path: Path) -> None:
    places = {"model": str(EXAMPLE_MODEL / "tokenizer.json"), "broken": str(tmp_path / "tokenizer.json")}
    done = subprocess.run([sys.executable, "-c", PANICS.format(**places)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "pre_tokenizer" in done.stdout
    assert done.stderr == ""
