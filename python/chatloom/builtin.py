"""Chat templates for base models that come without one, by name."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "templates"

NAMES = ("alpaca", "chatml", "im-sep", "llama-2")
"""The names that `template` knows."""


def template(name: str) -> str:
    """The text of a built-in template.

    Raises:
        KeyError: `name` is none of `NAMES`.

    >>> template("chatml").count("<|im_start|>")
    2
    """
    if name not in NAMES:
        raise KeyError(name)
    return (_FOLDER / f"{name}.jinja").read_text(encoding="utf-8")
