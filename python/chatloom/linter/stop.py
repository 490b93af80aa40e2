"""Whether a model stops where it was trained to: end token, the tokens that end a generation, padding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatloom.formatter import Formatter
from chatloom.linter.chats import PLAIN
from chatloom.linter.frame import WITH_LOSS, End, ends
from chatloom.linter.report import Evidence, Finding
from chatloom.linter.subject import Subject, marked

_FILE = "generation_config.json"


def stop_token(subject: Subject) -> Iterator[Finding]:
    """Whether generation ends at the end token."""
    code = "stop-token"
    found = {end.token: end for end in reversed(list(ends(subject))) if end.token is not None}
    stops, source = _stops(subject.formatter)
    missing = [token for token in found if token not in stops]
    if not found:
        return
    told = f"{source} has {', '.join(sorted(stops)) or 'none'}"
    if missing:
        message = f"generation doesn't end at {' nor at '.join(missing)}, which answers end with: {told}"
        yield Finding(code, "warning", message, _evidence(subject, found[missing[0]], told))
    else:
        end = next(iter(found.values()))
        yield Finding(code, "ok", f"generation ends at {' and at '.join(found)}: {told}", _evidence(subject, end, told))


def _evidence(subject: Subject, end: End, told: str) -> Evidence:
    return subject.evidence(end.chat, (WITH_LOSS, marked(end.rendered)), ("generation ends at", told))


def _stops(formatter: Formatter) -> tuple[set[str], str]:
    """The tokens that end a generation, and what says so."""
    ids = _configured(formatter.path)
    if ids:
        return {formatter.decode([token]) for token in ids}, _FILE
    eos = formatter.special_tokens.get("eos_token")
    return ({eos} if eos else set()), "the tokenizer's eos_token"


def _configured(path: str | None) -> list[int]:
    """The ids of `generation_config.json`, as far as there is one beside a model's files."""
    file = None if path is None else _beside(path)
    if file is None:
        return []
    try:
        config: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    ids = config.get("eos_token_id") if isinstance(config, dict) else None
    many = ids if isinstance(ids, list) else [ids]
    return [token for token in many if type(token) is int and token >= 0]


def _beside(path: str) -> Path | None:
    """The file beside those of a model: in its directory, or as it was fetched from the hub."""
    place = Path(path)
    if place.exists():
        return (place if place.is_dir() else place.parent) / _FILE
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(path, _FILE)
    except (ImportError, ValueError):
        return None
    return Path(found) if isinstance(found, str) else None


def pad_token(subject: Subject) -> Iterator[Finding]:
    """Whether padding can be told from what is learnt."""
    code = "pad-token"
    tokens = subject.formatter.special_tokens
    pad, eos = tokens.get("pad_token"), tokens.get("eos_token")
    found = {end.token for end in ends(subject) if end.token is not None}
    rendered = subject.trace(PLAIN)
    shown = () if rendered is None else ((WITH_LOSS, marked(rendered)),)
    evidence = subject.evidence(PLAIN, *shown, ("pad_token", pad or "none"), ("eos_token", eos or "none"))
    if (pad or eos) in found:
        what = "the padding token" if pad else "for want of a padding token the eos_token"
        message = (
            f"{what} {pad or eos} is the end token: chatloom masks padding by position, but a collator that masks "
        )
        yield Finding(code, "warning", message + "by id takes the end out of the loss", evidence)
    elif pad is None:
        instead = f"{eos} is used" if eos else "give pad_id= where padding is needed"
        yield Finding(code, "note", f"there is none; {instead}", evidence)
    elif pad == eos:
        yield Finding(code, "note", f"{pad} is the eos_token too, though no answer ends with it", evidence)
    else:
        yield Finding(code, "ok", f"{pad} is neither the end token nor the eos_token", evidence)
