"""Libraries that encode text, each in a process and an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import rust_rows
from chatloom.bench import NotCompared

ENVIRONMENTS = Path(__file__).parents[1] / ".venv-peers"
PEER = Path(__file__).with_name("peer.py")
OURS, REFERENCE = "chatloom, in Rust", "tokenizers 0.23.3"
Command = list[str | Path]


def commands() -> dict[str, Callable[[], Command]]:
    """What starts each library; it may have to be installed or built first."""
    return {
        OURS: lambda: [rust_rows.build("encode", "chatloom-tokenize")],
        REFERENCE: lambda: [sys.executable, PEER, "tokenizers"],
        "fastokens 0.3.5": lambda: [python_with("fastokens==0.3.5"), PEER, "fastokens"],
        "gigatoken 0.10.0": lambda: [python_with("gigatoken==0.10.0"), PEER, "gigatoken"],
        "tokenizers 1.0.0rc3": lambda: [python_with("tokenizers==1.0.0rc3"), PEER, "tokenizers"],
    }


def python_with(requirement: str) -> Path:
    """The interpreter of an environment with a package and what it needs, made where it isn't there yet.

    Raises:
        NotCompared: the package can't be installed.
    """
    folder = ENVIRONMENTS / requirement.replace("==", "-")
    python, installed = folder / "bin" / "python", folder / "installed"
    if not installed.exists():
        venv.create(folder, with_pip=True, clear=True)
        _install(python, requirement)
        installed.touch()
    return python


def _install(python: Path, requirement: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotCompared(f"{requirement} can't be installed: {_last_line(done.stderr)}")


class Answer(NamedTuple):
    """What a library made of some texts."""

    seconds: float
    ids: list[list[int]]


class Library:
    """A process that encodes texts with one tokenizer."""

    def __init__(self, command: Command, tokenizer: Path) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([*command, tokenizer], text=True, stdin=pipe, stdout=pipe, stderr=pipe)

    def encode(self, texts: Path) -> Answer:
        """Encodes the texts of a file, a list in JSON.

        Raises:
            NotCompared: the library can't.
        """
        try:
            print(texts, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise NotCompared(self._last_words()) from None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotCompared(self._last_words())
        return Answer(**json.loads(line))

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        return _last_line(self._process.stderr.read())

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()


def _last_line(text: str) -> str:
    return next(iter(text.strip().splitlines()[::-1]), "it says nothing")
