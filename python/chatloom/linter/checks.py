"""What a linter asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from chatloom.linter import frame, history, stop, text, tokens, tools
from chatloom.linter.report import Finding
from chatloom.linter.subject import Subject


class Check(NamedTuple):
    """A question, and the code of what it finds."""

    code: str
    run: Callable[[Subject], Iterator[Finding]]


END_TOKEN = Check("end-token", frame.end_token)
PAD_TOKEN = Check("pad-token", stop.pad_token)
MARKERS = Check("markers", tokens.markers)

CHECKS = (
    Check("labels", frame.labels),
    Check("header", frame.header),
    END_TOKEN,
    Check("generation-tags", frame.generation_tags),
    Check("generation-prompt", history.generation_prompt),
    Check("history", history.history),
    Check("default-system", text.default_system),
    Check("clock", text.clock),
    Check("content", text.content),
    Check("fields", text.fields),
    Check("tool-arguments", tools.tool_arguments),
    Check("refusals", text.refusals),
)
"""Of any template."""

TOKEN_CHECKS = (
    Check("stop-token", stop.stop_token),
    PAD_TOKEN,
    MARKERS,
    Check("double-bos", tokens.double_bos),
    Check("injection", tokens.injection),
)
"""Of a template with the vocabulary of its model."""

SPOILING = (END_TOKEN, PAD_TOKEN, MARKERS)
"""What has to be right before anything is packed."""
