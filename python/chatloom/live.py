"""What a live transformers tokenizer says of its model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from chatloom.errors import TokenizerLoadError, UnsupportedInputError
from chatloom.model import Model

REFERENCE = "5.23"
"""The version of transformers whose texts and ids are given."""


def read_live(tokenizer: Any) -> Model:
    """The parts of a live tokenizer that a `Formatter` needs, its tokenizer as it really encodes.

    Warns where another version of transformers than `REFERENCE` is installed.

    Raises:
        TokenizerLoadError: it has no fast backend, or an attribute holds what it can't hold.
        UnsupportedInputError: it encodes in a way that can't be reproduced.
    """
    backend = _attribute(tokenizer, "backend_tokenizer")
    if not callable(getattr(backend, "to_str", None)):
        raise TokenizerLoadError(
            f"a {type(tokenizer).__name__} has no fast backend",
            hint="give a fast tokenizer, or its directory",
        )
    if _attribute(tokenizer, "split_special_tokens"):
        raise UnsupportedInputError(
            "a tokenizer with split_special_tokens=True can't be reproduced", hint="set it to False"
        )
    templates, tokens = _templates(tokenizer), _special_tokens(tokenizer)
    return Model(_without_call_state(backend).to_str().encode(), templates, tokens, f"transformers {_version()}")


def _attribute(tokenizer: Any, name: str) -> Any:
    """An attribute, or None; its value may be computed by anything."""
    try:
        return getattr(tokenizer, name, None)
    except Exception as error:
        raise TokenizerLoadError(
            f"attribute `{name}` of the {type(tokenizer).__name__} can't be read", kind=type(error).__name__
        ) from error


def _templates(tokenizer: Any) -> dict[str, str]:
    given = _attribute(tokenizer, "chat_template")
    named = {"default": given} if isinstance(given, str) else {} if given is None else given
    if not isinstance(named, dict) or not all(isinstance(text, str) for pair in named.items() for text in pair):
        raise _wrong("chat_template", given, "text, or a dict of texts by name")
    return dict(named)


def _special_tokens(tokenizer: Any) -> dict[str, str]:
    given = _attribute(tokenizer, "special_tokens_map")
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise _wrong("special_tokens_map", given, "a dict of tokens by name")
    return dict(given)


def _wrong(name: str, given: Any, expected: str) -> TokenizerLoadError:
    found = type(given).__name__
    return TokenizerLoadError(f"attribute `{name}` of the tokenizer is of type {found}, expected {expected}")


def _without_call_state(backend: Any) -> Any:
    """The same tokenizer without the truncation and padding that a call leaves behind."""
    if backend.truncation is None and backend.padding is None:
        return backend
    copy = type(backend).from_str(backend.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _version() -> str:
    import transformers

    version: str = transformers.__version__
    if version.split(".")[:2] != REFERENCE.split("."):
        warnings.warn(
            f"transformers {version} is installed; texts are those of transformers {REFERENCE}, ids those of this "
            "version's tokenizer: they may differ from what either version alone gives",
            stacklevel=5,
        )
    return version
