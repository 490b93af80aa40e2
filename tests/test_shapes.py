"""The shapes of data, from files to packs."""

from __future__ import annotations

import json
import os
from inspect import signature
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom._core import RESERVED_NAMES
from test_cli import MODEL, run
from transformers import PreTrainedTokenizerBase

USER, ANSWER = "What is 2 + 2?", "4."
CHAT = [{"role": "user", "content": USER}, {"role": "assistant", "content": ANSWER}]

SHAPES: dict[str, dict[str, Any]] = {
    "messages (messages)": {"messages": CHAT, "id": 3},
    "columns (user, assistant)": {"user": USER, "assistant": ANSWER, "source": "x"},
    "alpaca (instruction, output)": {"instruction": USER, "output": ANSWER},
    "alpaca (instruction, context, answer)": {"instruction": USER, "context": "", "answer": ANSWER},
    "sharegpt (conversations)": {"conversations": [{"from": "human", "value": USER}, {"from": "gpt", "value": ANSWER}]},
    "ultrachat (data)": {"data": [USER, ANSWER]},
    "prompt-completion (prompt, completion)": {"prompt": USER, "completion": ANSWER},
}


def write(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_packs_alike_and_is_told(shape: str, formatter: chatloom.Formatter, tmp_path: Path) -> None:
    summary = formatter.pack_files([write(tmp_path / "rows.jsonl", SHAPES[shape])], tmp_path / "out", 256)
    assert summary.shapes == (("rows.jsonl", shape),)
    assert f"shape      {shape}\n" in str(summary)
    expected = formatter.encode(CHAT)
    pack = chatloom.load(tmp_path / "out")[0]
    assert pack.input_ids.tolist() == expected.input_ids.tolist()
    assert pack.labels[1:].tolist() == expected.labels[1:].tolist()
    assert formatter.encode_batch([SHAPES[shape]]).input_ids.tolist() == expected.input_ids.tolist()


def test_a_segment_has_the_path_of_the_row(formatter: chatloom.Formatter) -> None:
    def paths(row: object) -> list[str | None]:
        segments = formatter.trace_line(json.dumps(row).encode()).segments
        return [segment.path for segment in segments if segment.origin == "data"]

    assert paths(SHAPES["alpaca (instruction, output)"]) == ["instruction", "output"]
    assert paths(SHAPES["sharegpt (conversations)"]) == ["conversations[0].value", "conversations[1].value"]
    assert paths(SHAPES["ultrachat (data)"]) == ["data[0]", "data[1]"]
    assert paths({"instruction": "Add.", "input": "2 + 2", "output": "4"}) == ["instruction", "input", "output"]


def test_an_instruction_and_its_input_are_one_message(formatter: chatloom.Formatter) -> None:
    joined = [{"role": "user", "content": "Add.\n\n2 + 2"}, {"role": "assistant", "content": "4"}]
    row = {"instruction": "Add.", "input": "2 + 2", "output": "4"}
    assert formatter.trace_line(json.dumps(row).encode()).text == formatter.render(joined)
    assert formatter.trace_line(json.dumps(row).encode()).trained == formatter.trace(joined).trained


def test_the_classic_prompt_has_the_input_apart() -> None:
    from conftest import EXAMPLE_MODEL

    alpaca = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", chat_template="alpaca")
    row = {"instruction": "Add.", "input": "2 + 2", "output": "4"}
    traced = alpaca.trace_line(json.dumps(row).encode())
    assert traced.text == (
        "Below is an instruction that describes a task, paired with an input that provides further context. "
        "Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nAdd.\n\n### Input:\n2 + 2\n\n### Response:\n4<|im_end|>\n\n"
    )
    assert [traced.text[start:end] for start, end in traced.trained or ()] == ["4<|im_end|>"]
    without = alpaca.trace_line(json.dumps({"instruction": "Add.", "output": "4"}).encode())
    assert without.text == (
        "Below is an instruction that describes a task. "
        "Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nAdd.\n\n### Response:\n4<|im_end|>\n\n"
    )
    assert (
        alpaca.encode_batch([row]).input_ids.tolist() != alpaca.encode_batch([{**row, "input": ""}]).input_ids.tolist()
    )


def test_only_the_completion_is_trained(formatter: chatloom.Formatter) -> None:
    row = {
        "prompt": [*CHAT, {"role": "user", "content": "And 3 + 3?"}],
        "completion": [{"role": "assistant", "content": "6."}],
    }
    traced = formatter.trace_line(json.dumps(row).encode())
    assert [traced.text[start:end] for start, end in traced.trained or ()] == ["6.<|im_end|>"]
    assert [turn.message for turn in traced.turns or ()] == [3]
    assert traced.text == formatter.render([*row["prompt"], *row["completion"]])


def test_files_of_several_shapes_pack_together(formatter: chatloom.Formatter, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{index}.jsonl", row) for index, row in enumerate(SHAPES.values())]
    summary = formatter.pack_files(files, tmp_path / "out", 256)
    assert summary.sequences == len(SHAPES)
    assert [shape for _, shape in summary.shapes] == list(SHAPES)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert [source["shape"] for source in manifest["content"]["sources"]] == list(SHAPES)


def test_one_path_is_as_good_as_a_list_of_one(formatter: chatloom.Formatter, tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl", next(iter(SHAPES.values())))
    for index, given in enumerate((file, str(file), os.fsencode(file), [file], (str(file),), iter([file]))):
        assert formatter.pack_files(given, tmp_path / str(index), 256).rows == 1  # type: ignore[arg-type]


def test_names_of_template_variables_are_those_the_reference_leaves_free(formatter: chatloom.Formatter) -> None:
    parameters = set(signature(PreTrainedTokenizerBase.apply_chat_template).parameters) - {"self", "kwargs"}
    assert {*parameters, "messages"} == set(RESERVED_NAMES)
    for name in RESERVED_NAMES:
        row = {"messages": CHAT, "chat_template_kwargs": {name: 1}}
        with pytest.raises(chatloom.DataError, match=f"the reserved name `{name}`"):
            formatter.trace_line(json.dumps(row).encode())
        with pytest.raises(ValueError, match=f"{name} (belongs to a call|is an option)"):
            chatloom.Options.from_keywords({"variables": {name: 1}})


def test_format_and_map_on_the_command_line(tmp_path: Path, formatter: chatloom.Formatter) -> None:
    file = write(
        tmp_path / "rows.jsonl", {"messages": [{"from": "human", "value": USER}, {"from": "gpt", "value": ANSWER}]}
    )
    out = ["--max-length", 64, "--out", tmp_path / "out"]
    assert run("pack", file, *MODEL, *out).returncode == 1
    done = run("pack", file, *MODEL, *out, "--map", "role=from,content=value", "--json")
    assert json.loads(done.stdout)["shapes"] == [["rows.jsonl", "messages (messages)"]]
    shown = run("render", file, *MODEL, "--map", "role=from,content=value")
    assert shown.stdout == formatter.render(CHAT)
    both = write(tmp_path / "both.jsonl", {"messages": CHAT, "user": "u", "assistant": "a"})
    refused = run("render", both, *MODEL)
    assert refused.returncode == 1
    assert "messages (messages) and columns (user, assistant)" in refused.stderr
    assert run("render", both, *MODEL, "--format", "messages").stdout == formatter.render(CHAT)
    for wrong in (["--format", "chat"], ["--map", "role"], ["--map", "speaker=from"], ["--map", "role=a,role=b"]):
        assert run("render", both, *MODEL, *wrong).returncode == 2
