"""What a model's files say: tokenizer, chat templates, special tokens.

Two ways to read them: through transformers, which repairs some tokenizers while it loads them, or as written.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from chatloom import builtin
from chatloom._checks import shown
from chatloom.errors import TokenizerLoadError
from chatloom.live import read_live
from chatloom.model import Model

Backend = Literal["auto", "transformers", "files"]

# Where `tokenizers` writes the padding section; looking there first spares parsing a whole vocabulary.
_HEAD = 200

_NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")

# Classes that transformers rebuilds instead of taking `tokenizer.json` as it is, and what they take for
# special tokens that the config leaves out.
_REBUILT: dict[str, dict[str, str]] = {
    "Qwen2Tokenizer": {
        "unk_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
    },
    "GPT2Tokenizer": {
        "unk_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
    },
    "GemmaTokenizer": {
        "unk_token": "<unk>",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    },
}


def read_model(source: Any, backend: Backend = "auto") -> Model:
    """Reads a model directory, a bare `tokenizer.json`, a hub id, or a live transformers tokenizer.

    Raises:
        TokenizerLoadError: it can't be read; `path` names the file.
        ValueError: an unknown backend.
    """
    if backend not in ("auto", "transformers", "files"):
        raise ValueError(f"backend is {backend!r}, expected auto, transformers or files")
    if not isinstance(source, (str, os.PathLike)):
        return read_live(source)
    path = Path(source)
    if path.is_file():
        return read_files(path)
    transformers = backend == "transformers" or (backend == "auto" and find_spec("transformers") is not None)
    if not path.is_dir() and (not transformers or _is_no_hub_id(os.fspath(source))):
        raise TokenizerLoadError(
            f"{source} is no directory",
            hint="give a model directory or a tokenizer.json; for a hub id install transformers",
            path=str(source),
        ) from FileNotFoundError(path)
    if transformers:
        if not path.is_dir():
            _tell_of_hub(os.fspath(source))
        return replace(read_live(_auto_tokenizer(source)), path=os.fspath(source))
    return _read_directory(path)


def read_files(tokenizer: Path, config: Path | None = None) -> Model:
    """Reads a `tokenizer.json` as written, and a `tokenizer_config.json` if there is one.

    Raises:
        TokenizerLoadError: a file can't be read.
    """
    content = _read_bytes(tokenizer)
    settings = {} if config is None else _read_object(config)
    _warn_of_repairs(settings, tokenizer.parent, stacklevel=4)
    padding = _padding_token(content, tokenizer)
    tokens = _special_tokens(settings, padding)
    return Model(content, _config_templates(settings, config), tokens, path=str(tokenizer))


def chat_template(given: str | os.PathLike[str], templates: Mapping[str, str] | None = None) -> str:
    """The text of the template that an argument means.

    That may be the name of one of the model's templates or of a built-in one, a file, or the text itself.

    Raises:
        TokenizerLoadError: it is none of these.
    """
    name = os.fspath(given)
    if templates is not None and name in templates:
        return templates[name]
    if name in builtin.NAMES:
        return builtin.template(name)
    if "{{" in name or "{%" in name:
        return name
    path = Path(name)
    if not _is_file(path):
        raise TokenizerLoadError(
            f"{shown(name)} is no file, and no template of that name is built in",
            hint=f"built in are {', '.join(builtin.NAMES)}",
            path=name,
        )
    return _read_text(path)


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a text that can't be a path is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_no_hub_id(name: str) -> bool:
    """Whether a name can only be a path, so that asking the hub for it would be a waste of time."""
    return name.startswith((".", "~", os.sep)) or name.count("/") > 1


def _tell_of_hub(name: str) -> None:
    """Says that a name is taken as a hub id, unless it was fetched before: asking may take long."""
    from huggingface_hub import constants, try_to_load_from_cache

    files = ("tokenizer.json", "tokenizer_config.json", "config.json")
    try:
        known = any(isinstance(try_to_load_from_cache(name, file), str) for file in files)
    except ValueError as error:
        raise TokenizerLoadError(
            f"{name} is no directory and can't be a hub id", hint="give a model directory", path=name
        ) from error
    if known:
        return
    if constants.HF_HUB_OFFLINE:
        raise TokenizerLoadError(
            f"{name} is no directory, nor a hub id that was fetched before, and HF_HUB_OFFLINE is set",
            hint="check the path, or fetch the model first",
            path=name,
        ) from FileNotFoundError(name)
    warnings.warn(f"there is no directory {name}; it is taken as a hub id, and the hub is asked for it", stacklevel=4)


def _auto_tokenizer(source: str | os.PathLike[str]) -> Any:
    try:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(os.fspath(source))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # `tokenizers` panics with a BaseException on some files
        reason = str(error).split("\n", 1)[0]
        raise TokenizerLoadError(
            f"transformers can't load it: {reason}",
            kind=type(error).__name__,
            hint="backend='files' reads a directory's files as written",
            path=os.fspath(source),
        ) from error


def _read_directory(folder: Path) -> Model:
    config_path = folder / "tokenizer_config.json"
    config = _read_object(config_path) if config_path.is_file() else {}
    content = _read_bytes(folder / "tokenizer.json")
    templates = _jinja_files(folder) or _config_templates(config, config_path)
    _warn_of_repairs(config, folder, stacklevel=5)
    settings = _with_special_tokens_map(config, folder / "special_tokens_map.json")
    tokenizer = folder / "tokenizer.json"
    tokens = _special_tokens(settings, _padding_token(content, tokenizer))
    return Model(content, templates, tokens, path=str(tokenizer))


def _jinja_files(folder: Path) -> dict[str, str]:
    """The templates of `.jinja` files, which stand above those of the config."""
    default = folder / "chat_template.jinja"
    templates = {"default": _read_text(default)} if default.is_file() else {}
    named = sorted((folder / "additional_chat_templates").glob("*.jinja"))
    return templates | {path.name.removesuffix(".jinja"): _read_text(path) for path in named}


def _config_templates(config: Mapping[str, Any], path: Path | None) -> dict[str, str]:
    given = config.get("chat_template")
    if given is None:
        return {}
    if isinstance(given, str):
        return {"default": given}
    if isinstance(given, dict) and all(isinstance(text, str) for text in given.values()):
        return dict(given)
    try:
        return {str(entry["name"]): _text(entry["template"]) for entry in given}
    except (TypeError, KeyError) as error:
        raise TokenizerLoadError(
            "field `chat_template`: expected text or a list of objects with `name` and `template`",
            path=str(path),
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _with_special_tokens_map(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """The config, with the older file of special tokens above it where transformers still reads that."""
    if "added_tokens_decoder" in config or not path.is_file():
        return config
    return config | _read_object(path)


def _special_tokens(config: Mapping[str, Any], padding: str | None) -> dict[str, str]:
    defaults = dict(_REBUILT.get(_class_name(config), {}))
    if padding is not None:
        defaults.setdefault("pad_token", padding)
    settings = defaults | dict(config)
    extra = settings.get("extra_special_tokens")
    if isinstance(extra, dict):
        settings |= extra
    others = (name for name in settings if name.endswith("_token") and name not in _NAMED_TOKENS)
    found = ((name, _token_text(settings.get(name))) for name in (*_NAMED_TOKENS, *others))
    return {name: text for name, text in found if text is not None}


def _token_text(token: Any) -> str | None:
    """A token's text, from either of the forms that files have it in."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else None


def _padding_token(content: bytes, path: Path) -> str | None:
    """The padding token that a `tokenizer.json` brings along."""
    if re.search(rb'"padding"\s*:\s*null', content[:_HEAD]):
        return None
    padding = _object(content, path).get("padding")
    return _token_text(padding.get("pad_token")) if isinstance(padding, dict) else None


def _class_name(config: Mapping[str, Any]) -> str:
    return str(config.get("tokenizer_class", "")).removesuffix("Fast")


def _warn_of_repairs(config: Mapping[str, Any], folder: Path, stacklevel: int) -> None:
    if _class_name(config) in _REBUILT:
        warnings.warn(
            f"{folder.name}: transformers rebuilds the tokenizers of class {_class_name(config)}, so some "
            "ids may differ from those of its tokenizer.json, which is used here; "
            "install transformers and use backend='auto' to be sure",
            stacklevel=stacklevel,
        )


def _read_object(path: Path) -> dict[str, Any]:
    return _object(_read_bytes(path), path)


def _object(content: bytes, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TokenizerLoadError(f"{path.name} is no valid JSON: {error}", path=str(path)) from error
    if not isinstance(value, dict):
        raise TokenizerLoadError(f"{path.name} holds a {type(value).__name__}, expected an object", path=str(path))
    return value


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> TokenizerLoadError:
    reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
    return TokenizerLoadError(f"can't read {path.name}: {reason}", path=str(path))
