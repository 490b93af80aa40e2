"""The parts of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Model:
    """The parts of a model that a `Formatter` needs.

    Attributes:
        tokenizer: the content of a `tokenizer.json`.
        templates: chat templates by name; the usual one is "default".
        special_tokens: what `special_tokens_map` of the live tokenizer holds.
        backend: how they were read: "files", or "transformers" and its version.
        path: where they were read from, for errors.
    """

    tokenizer: bytes = field(repr=False)
    templates: Mapping[str, str] = field(repr=False)
    special_tokens: Mapping[str, str] = field(default_factory=dict)
    backend: str = "files"
    path: str | None = field(default=None, compare=False)
