"""Formatters and templates as a user meets them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import Formatter
from conftest import CHAT, EXAMPLE_CHATS, EXAMPLE_MODEL
from transformers import AutoTokenizer

CLOCK = "{{ strftime_now('%Y') }}{% for m in messages %}{{ m.content }}{% endfor %}"


def trained_text(formatter: Formatter, chat: Any) -> list[str]:
    rendered = formatter.trace(chat)
    assert rendered.trained is not None
    return [rendered.text[start:end] for start, end in rendered.trained]


def test_text_and_ids_are_those_of_transformers(formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    for row in example_rows:
        messages, tools = row["messages"], row.get("tools")
        call: dict[str, Any] = {"conversation": messages, "tools": tools}
        assert formatter.render(messages, tools) == tokenizer.apply_chat_template(**call, tokenize=False)
        expected = tokenizer.apply_chat_template(**call, return_dict=False)
        assert formatter.encode(messages, tools).input_ids.tolist() == expected


def test_the_answer_and_its_end_are_trained(formatter: Formatter) -> None:
    assert trained_text(formatter, CHAT) == ["4.<|im_end|>"]
    example = formatter.encode(CHAT)
    assert formatter.decode(example.labels[example.labels != -100]) == "4.<|im_end|>"


def test_end_tokens_may_be_left_untrained() -> None:
    chat = [*CHAT, *CHAT[1:]]
    expected = {
        "turn": ["4.<|im_end|>", "4.<|im_end|>"],
        "last": ["4.", "4.<|im_end|>"],
        "none": ["4.", "4."],
    }
    for end_tokens, texts in expected.items():
        assert trained_text(Formatter.from_pretrained(EXAMPLE_MODEL, end_tokens=end_tokens), chat) == texts


def test_segments_partition_the_text(formatter: Formatter) -> None:
    rendered = formatter.trace(
        [{"role": "user", "content": "안녕 \U0001f600 x"}, {"role": "assistant", "content": "네"}]
    )
    encoded = rendered.text.encode()
    assert rendered.segments[0].start == rendered.segments[0].byte_start == 0
    assert (rendered.segments[-1].end, rendered.segments[-1].byte_end) == (len(rendered.text), len(encoded))
    for one, other in pairwise(rendered.segments):
        assert (one.end, one.byte_end) == (other.start, other.byte_start)
    for segment in rendered.segments:
        text = rendered.text[segment.start : segment.end]
        assert encoded[segment.byte_start : segment.byte_end].decode() == text
    data = [segment for segment in rendered.segments if segment.origin == "data"]
    assert [(s.message, s.path, rendered.text[s.start : s.end]) for s in data] == [
        (0, "content", "안녕 \U0001f600 x"),
        (1, "content", "네"),
    ]


def test_turns_tell_how_header_and_end_were_found(formatter: Formatter) -> None:
    rendered = formatter.trace(CHAT)
    assert rendered.turns is not None
    (turn,) = rendered.turns
    assert (turn.message, turn.header, turn.end) == (2, "derived", "printed")
    assert rendered.text[slice(*turn.body)] == "4."
    assert turn.end_token is not None
    assert rendered.text[slice(*turn.end_token)] == "<|im_end|>"


def test_traced_tokens_stand_for_bytes_of_the_text(formatter: Formatter) -> None:
    rendered = formatter.trace(CHAT, tokens=True)
    example = formatter.encode(CHAT)
    assert rendered.input_ids is not None
    assert rendered.labels is not None
    assert rendered.token_bytes is not None
    assert np.array_equal(rendered.input_ids, example.input_ids)
    assert np.array_equal(rendered.labels, example.labels)
    assert rendered.token_bytes.dtype == np.int64
    pieces = [rendered.text.encode()[start:end] for start, end in rendered.token_bytes]
    assert b"".join(pieces).decode() == rendered.text


def test_arrays_are_int32(formatter: Formatter) -> None:
    example = formatter.encode(CHAT)
    assert example.input_ids.dtype == example.labels.dtype == np.int32
    assert example.weights is None
    assert example.input_ids.flags.owndata or example.input_ids.base is not None


def test_a_batch_is_its_rows_end_to_end(formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    examples = formatter.encode_batch(example_rows)
    assert examples.row.tolist() == list(range(len(example_rows)))
    for row, example in zip(example_rows, examples, strict=True):
        assert example == formatter.encode(row["messages"], row.get("tools"))
    assert examples.pad_id == formatter.pad_id


def test_a_batch_takes_lists_and_mappings(formatter: Formatter) -> None:
    examples = formatter.encode_batch([CHAT, tuple(CHAT), {"messages": CHAT, "id": 3}])
    assert examples[0] == examples[1] == examples[2]
    assert len(formatter.encode_batch([])) == 0


def test_errors_of_a_batch_name_the_row(formatter: Formatter) -> None:
    with pytest.raises(chatloom.TemplateRaisedError) as raised:
        formatter.encode_batch([CHAT, [{"role": "wizard", "content": "secret"}]])
    assert raised.value.row == 1
    assert "secret" not in str(raised.value)
    with pytest.raises(chatloom.UnsupportedInputError) as refused:
        formatter.encode_batch([CHAT, CHAT, [{"role": "user", "content": "\ud800"}]])
    assert refused.value.row == 2
    with pytest.raises(chatloom.DataError, match="text") as shaped:
        formatter.encode_batch([{"text": "no messages"}])
    assert shaped.value.row == 0


def test_long_rows_are_an_error_or_left_out() -> None:
    rows = [CHAT, [{"role": "user", "content": "word " * 100}, *CHAT[2:]], CHAT]
    strict = Formatter.from_pretrained(EXAMPLE_MODEL, max_length=60)
    with pytest.raises(chatloom.EncodeError, match="more than max_length=60") as caught:
        strict.encode_batch(rows)
    assert caught.value.row == 1
    lenient = Formatter.from_pretrained(EXAMPLE_MODEL, max_length=60, overflow="drop")
    assert lenient.encode_batch(rows).row.tolist() == [0, 2]
    with pytest.raises(chatloom.EncodeError) as dropped:
        lenient.encode(rows[1])
    assert "encode_batch" in str(dropped.value)


def test_run_variables_and_special_tokens_count_as_the_models_own() -> None:
    source = "{{ eos_token }}{{ shade }}{{ tone }}{% for m in messages %}{{ m.content }}{% endfor %}"
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, chat_template=source, shade="dark")
    rendered = formatter.trace([{"role": "user", "content": "Hi"}], tone="low")
    parts = [(s.origin, rendered.text[s.start : s.end]) for s in rendered.segments]
    assert parts == [("variable", "<|im_end|>dark"), ("data", "low"), ("data", "Hi")]


def test_a_call_wins_over_a_run_variable() -> None:
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, chat_template="{{ shade }}", shade="dark")
    assert formatter.render(CHAT, shade="light") == "light"
    assert formatter.render(CHAT) == "dark"


@pytest.mark.parametrize(
    "options",
    [
        {"end_tokens": "some"},
        {"boundary": "few"},
        {"overflow": "cut"},
        {"labels": "some"},
        {"variables": {"labels": "all"}},
        {"control_tokens": "some"},
        {"compat": "transformers-3"},
        {"messages": []},
    ],
)
def test_options_take_only_what_they_know(options: dict[str, Any]) -> None:
    name, value = next(iter(options.items()))
    with pytest.raises(ValueError, match=next(iter(value)) if name == "variables" else name):
        Formatter.from_pretrained(EXAMPLE_MODEL, **options)


def test_formatters_are_equal_hashed_and_pickled_by_content(formatter: Formatter) -> None:
    same = Formatter.from_files(
        EXAMPLE_MODEL / "tokenizer.json",
        EXAMPLE_MODEL / "chat_template.jinja",
        EXAMPLE_MODEL / "tokenizer_config.json",
    )
    other = Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", end_tokens="none")
    assert formatter == same
    assert hash(formatter) == hash(same)
    assert formatter != other
    copy = pickle.loads(pickle.dumps(other))
    assert copy == other
    assert copy.encode(CHAT) == other.encode(CHAT)


def test_the_clock_counts_only_where_it_is_read() -> None:
    def made(template: str, year: int) -> Formatter:
        return Formatter.from_pretrained(EXAMPLE_MODEL, chat_template=template, now=datetime(year, 1, 1))

    assert made(CLOCK, 2024) != made(CLOCK, 2025)
    assert made("chatml", 2024) == made("chatml", 2025)
    assert made(CLOCK, 2024).render(CHAT).startswith("2024")
    now = Formatter.from_pretrained(EXAMPLE_MODEL, chat_template=CLOCK)
    assert now.render(CHAT).startswith(str(datetime.now().year))
    assert pickle.loads(pickle.dumps(now)) == now


def test_templates_are_equal_hashed_and_pickled_by_content() -> None:
    template = chatloom.Template(CLOCK, now=datetime(2024, 5, 6))
    copy = pickle.loads(pickle.dumps(template))
    assert copy == template
    assert hash(copy) == hash(template)
    assert copy.render(CHAT) == template.render(CHAT)
    assert template != chatloom.Template(CLOCK, now=datetime(2025, 5, 6))
    assert chatloom.Template("x", now=datetime(2024, 5, 6)) == chatloom.Template("x")


def test_a_template_reads_the_clock_at_each_render() -> None:
    assert chatloom.Template(CLOCK).render(CHAT).startswith(str(datetime.now().year))


def test_the_tool_template_is_taken_where_tools_are_given(tmp_path: Path) -> None:
    config = json.loads((EXAMPLE_MODEL / "tokenizer_config.json").read_text("utf-8"))
    named = [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": named}), encoding="utf-8")
    (tmp_path / "tokenizer.json").write_bytes((EXAMPLE_MODEL / "tokenizer.json").read_bytes())
    formatter = Formatter.from_pretrained(tmp_path)
    assert formatter.render(CHAT) == "plain"
    assert formatter.render(CHAT, tools=[]) == "tools"
    assert Formatter.from_pretrained(tmp_path, chat_template="tool_use").render(CHAT) == "tools"


def test_a_model_without_a_template_needs_one() -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match="no chat template") as caught:
        Formatter.from_files(EXAMPLE_MODEL / "tokenizer.json")
    assert "chatml" in str(caught.value)


def test_a_broken_template_is_told_at_once() -> None:
    with pytest.raises(chatloom.TemplateSyntaxError):
        Formatter.from_pretrained(EXAMPLE_MODEL, chat_template="{% if %}")


BUILT_IN = {
    "chatml": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n"
    "<|im_start|>assistant\n[4.<|im_end|>]\n",
    "im-sep": "<|im_start|>system<|im_sep|>Be brief.<|im_end|><|im_start|>user<|im_sep|>What is 2 + 2?"
    "<|im_end|><|im_start|>assistant<|im_sep|>[4.<|im_end|>]",
    "llama-2": "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhat is 2 + 2? [/INST][ 4. <|im_end|>]",
    "alpaca": "Be brief.\n\n### Instruction:\nWhat is 2 + 2?\n\n### Response:\n[4.<|im_end|>]\n\n",
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_templates_frame_and_train(name: str) -> None:
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, chat_template=name, bos_token="<s>")
    rendered = formatter.trace(CHAT)
    assert rendered.trained is not None
    ((start, end),) = rendered.trained
    text = rendered.text
    assert f"{text[:start]}[{text[start:end]}]{text[end:]}" == BUILT_IN[name]


def test_decoding_may_skip_special_tokens(formatter: Formatter) -> None:
    ids = formatter.encode(CHAT).input_ids
    assert formatter.decode(ids) == formatter.render(CHAT)
    assert "<|im_end|>" not in formatter.decode(ids, skip_special_tokens=True)
    with pytest.raises(OverflowError):
        formatter.decode([-100])


def test_threads_share_a_formatter(formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    expected = formatter.encode_batch(example_rows)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: formatter.encode_batch(example_rows), range(16)))
    assert all(result == expected for result in results)


def test_properties_tell_what_it_is_made_of(formatter: Formatter) -> None:
    assert list(formatter.templates) == ["default"]
    assert formatter.special_tokens["eos_token"] == "<|im_end|>"
    assert formatter.backend == "files"
    assert formatter.decode([formatter.pad_id or 0]) == "<|endoftext|>"
    assert "default" in repr(formatter)
    assert formatter.options.end_tokens == "turn"


def test_files_are_packed_as_rows_are(tmp_path: Path, formatter: Formatter, example_rows: list[dict[str, Any]]) -> None:
    seen: list[chatloom.Progress] = []
    summary = formatter.pack_files(EXAMPLE_CHATS, tmp_path / "out", 1024, threads=2, progress=seen.append)
    packs = chatloom.load(tmp_path / "out")
    assert packs.shards[0] == chatloom.pack(formatter.encode_batch(example_rows), 1024).shards[0]
    assert (packs.max_length, packs.pad_id) == (1024, formatter.pad_id)
    assert (summary.rows, summary.sequences, summary.packs) == (
        len(example_rows),
        len(example_rows),
        len(packs),
    )
    assert (summary.tokens, summary.trained_tokens) == (
        packs.tokens,
        packs.trained_tokens + trained_at_starts(packs),
    )
    assert summary.fill == packs.fill
    assert seen
    assert {type(progress) for progress in seen} == {chatloom.Progress}


def trained_at_starts(packs: chatloom.Packs) -> int:
    """The example template opens with literals, so that no first token is trained."""
    assert all(pack.labels[start] == -100 for pack in packs for start in pack.cu_seqlens[:-1])
    return 0


def test_what_progress_raises_ends_the_run(tmp_path: Path, formatter: Formatter) -> None:
    class Enough(Exception):
        pass

    def stop(progress: chatloom.Progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        formatter.pack_files(EXAMPLE_CHATS, tmp_path / "out", 1024, progress=stop)
    assert not list(tmp_path.iterdir())


def test_importing_takes_no_optional_package() -> None:
    code = "import sys, chatloom; print(*({'transformers', 'tokenizers', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
