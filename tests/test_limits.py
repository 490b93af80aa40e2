"""What renders may use: set per template, formatter and command, and told where it is not enough."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from chatloom import BudgetExceeded, Formatter, Limits, Template
from chatloom.cli import main
from conftest import CHAT, EXAMPLE_MODEL

LOOP = "{% for i in range(1000) %}{{ i }}{% endfor %}"
LONG = "{{ 'ab' * 100000 }}"
DEEP = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}x{% endmacro %}{{ m(100) }}"
NEEDS = [
    (LOOP, "steps", Limits(steps=500, steps_per_byte=0)),
    (LONG, "memory", Limits(memory=100_000, memory_per_byte=0)),
    (DEEP, "depth", Limits(depth=50)),
]


@pytest.mark.parametrize(("source", "limit", "limits"), NEEDS, ids=[limit for _, limit, _ in NEEDS])
def test_a_render_ends_at_its_limits_and_tells_which(source: str, limit: str, limits: Limits) -> None:
    assert Template(source).render(CHAT)
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", chat_template=source, limits=limits)
    for render in (Template(source, limits=limits).render, formatter.render, formatter.encode):
        with pytest.raises(BudgetExceeded) as caught:
            render(CHAT)
        assert caught.value.hint == f"if the template is to be trusted, raise `{limit}` of `limits`"
        assert caught.value.kind == "BudgetExceeded"
        assert pickle.loads(pickle.dumps(caught.value)) == caught.value


def test_they_may_be_raised() -> None:
    source = "{{ ('a' * 20000000)|length }}"
    with pytest.raises(BudgetExceeded):
        Template(source).render(CHAT)
    assert Template(source, limits=Limits(memory=64 << 20, steps=1 << 30)).render(CHAT) == "20000000"


def test_they_grow_with_the_input() -> None:
    limits = Limits(memory=0, memory_per_byte=1_000, steps=0, steps_per_byte=100)
    small, large = ([{"role": "user", "content": "a" * length}] for length in (10, 10_000))
    template = Template("{{ 'b' * 1000000 }}", limits=limits)
    with pytest.raises(BudgetExceeded):
        template.render(small)
    assert len(template.render(large)) == 1_000_000


PARTS = [
    "{% for part in content %}{% if part.type == 'image' or part['x'] is defined %}{{ part }}{% endif %}{% endfor %}",
    "{% for part in content if part.type == 'image' %}{{ part }}{% endfor %}",
    "{% for part in content|selectattr('type', 'equalto', 'image') %}{{ part }}{% endfor %}",
    "{{ content|selectattr('text', 'defined')|list|length or '' }}",
]


@pytest.mark.parametrize("source", PARTS)
@pytest.mark.parametrize("text", ["a", "한"])
def test_looking_for_parts_in_a_text_takes_no_memory(source: str, text: str) -> None:
    chat = [{"role": "user", "content": text * 300_000}]
    template = Template(
        "{% set content = messages[0].content %}" + source, limits=Limits(memory=50_000, memory_per_byte=0)
    )
    assert template.render(chat) == ""


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"steps": -1}, "steps is -1, expected a whole number from 0 to"),
    ({"memory": 2**63}, "memory is 9223372036854775808, expected"),
    ({"memory_per_byte": 1.5}, "memory_per_byte is a float, expected"),
    ({"depth": 196}, "depth is 196, expected a whole number from 0 to 195"),
    ({"depth": True}, "depth is True, expected"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=str)
def test_they_are_whole_numbers_within_bounds(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Limits(**given)


def test_they_are_part_of_the_identity() -> None:
    limits = Limits(memory=1 << 30)
    assert pickle.loads(pickle.dumps(limits)) == Limits(memory=1 << 30) != Limits()
    template = Template(LONG, limits=limits)
    assert template.limits == limits
    copy = pickle.loads(pickle.dumps(template))
    assert (copy, hash(copy), copy.limits) == (template, hash(template), limits)
    assert template != Template(LONG)
    with pytest.raises(ValueError, match="limits is 5, expected Limits"):
        Template(LONG, limits=5)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        limits.memory = 5  # type: ignore[misc]


def _row(folder: Path) -> str:
    (folder / "chats.jsonl").write_text(json.dumps({"messages": CHAT}) + "\n", encoding="utf-8")
    return str(folder / "chats.jsonl")


MODEL = ["--model", str(EXAMPLE_MODEL), "--backend", "files", "--chat-template"]


def test_the_command_line_sets_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render = ["render", _row(tmp_path), *MODEL, LOOP]
    assert main(render) == 0
    capsys.readouterr()
    assert main([*render, "--limits", "steps=500,steps_per_byte=0"]) == 1
    assert "raise `steps` of `limits`" in capsys.readouterr().err
    for wrong in ("steps", "steps=many", "time=5", "depth=200"):
        assert main([*render, "--limits", wrong]) == 2
        assert "expected" in capsys.readouterr().err


def test_the_manifest_tells_them(tmp_path: Path) -> None:
    pack = ["pack", _row(tmp_path), *MODEL, "chatml", "--max-length", "512", "--out", str(tmp_path / "out"), "--quiet"]
    assert main([*pack, "--limits", "memory=5000000"]) == 0
    content = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["content"]
    assert content["options"]["limits"] == asdict(Limits(memory=5_000_000))
