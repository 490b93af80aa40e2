"""The standard streams of a command."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


def prepare() -> None:
    """Makes the streams take any text.

    What is closed is opened on nothing, lest another file takes its number and with it what is printed.
    """
    for name, mode in _MODES.items():
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 (it stays open)
            setattr(sys, name, nothing)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
