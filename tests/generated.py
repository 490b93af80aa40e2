"""Conversations that nobody would write, drawn by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from reference import Conversation

ROLES = ("system", "user", "assistant", "tool", "developer", "function", "ipython", "model", "critic", "")
NAMES = ("get_weather", "a", "검색", 'quo"te')
PIECES = (
    "Hello", " ", "\n", "\n\n", "  x ", "<think>", "</think>", "\n</think>\n\n", "<|im_end|>", "<tool_call>", "{", "}",
    "{{ x }}", "{% if %}",
    '"', "\\", "'", "한국어", "漢字", "é", "e\u0301", "😀", "\u2028", "\t", "\r\n", "0", "<b>&amp;",
    "</s>", "[INST]", "\u00a0", "İ",
)  # fmt: skip

texts = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.sampled_from((0.5, -1e300, 3.0)), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("a", "b", "city")), inner)),
    max_leaves=6,
)
arguments = st.one_of(st.dictionaries(st.sampled_from(("city", "days", "ü")), values, max_size=3), texts)
parts = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, texts),
    st.sampled_from(({"type": "image"}, {"type": "image", "image": "x.png"}, {"type": "audio"}, {"type": "video"})),
)
contents = st.one_of(texts, texts, texts, st.none(), st.lists(parts, max_size=3))


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """A call of a tool, in the form of OpenAI or flat."""
    function = {"name": draw(st.sampled_from(NAMES)), "arguments": draw(arguments)}
    if draw(st.integers(0, 4)) == 0:
        return function
    call: dict[str, Any] = {"type": "function", "function": function}
    return {"id": draw(st.sampled_from(("call_1", "abcdefghi"))), **call} if draw(st.booleans()) else call


@st.composite
def messages(draw: st.DrawFn, role: str) -> dict[str, Any]:
    """A message of a role, with some of the fields that go with it."""
    message: dict[str, Any] = {"role": role, "content": draw(contents)}
    if draw(st.integers(0, 15)) == 0:
        del message["content"]
    if role == "assistant":
        for field in ("reasoning_content", "reasoning", "thinking"):
            if draw(st.integers(0, 5)) == 0:
                message[field] = draw(st.one_of(texts, st.none()))
        if draw(st.integers(0, 2)) == 0:
            message["tool_calls"] = draw(st.one_of(st.lists(calls(), max_size=2), st.none()))
    if role in ("tool", "function", "ipython"):
        message |= draw(st.sampled_from(({}, {"name": "get_weather"}, {"tool_call_id": "call_1"}, {"name": None})))
    return message


def _tool(name: str, details: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string", "description": details}}}
    return {"type": "function", "function": {"name": name, "description": "Tells.", "parameters": parameters}}


tools = st.one_of(st.none(), st.none(), st.lists(st.builds(_tool, st.sampled_from(NAMES), texts), max_size=2))
documents = st.one_of(st.none(), st.none(), st.none(), st.lists(st.builds(lambda t: {"title": t, "text": t}, texts)))
orders = st.one_of(
    st.sampled_from(
        (
            ["user", "assistant"],
            ["system", "user", "assistant", "user"],
            ["user", "assistant", "tool", "assistant"],
            ["system", "user", "assistant", "tool", "tool", "assistant", "user", "assistant"],
            ["assistant", "user"],
        )
    ),
    st.lists(st.sampled_from(ROLES), min_size=1, max_size=5),
)
flags = st.sampled_from((True, False, None, "x", 0))


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A whole call: messages, tools, documents, and variables that templates ask for."""
    variables = st.dictionaries(
        st.sampled_from(("enable_thinking", "thinking", "date_string", "xml")), flags, max_size=2
    )
    return Conversation(
        name="generated",
        messages=[draw(messages(role)) for role in draw(orders)],
        tools=draw(tools),
        documents=draw(documents),
        add_generation_prompt=draw(st.booleans()),
        kwargs=draw(variables),
    )
