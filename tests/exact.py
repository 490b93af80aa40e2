"""Compares the fast lane's ids and spans with those of `tokenizers`, and prints documents, tokens and differences.

Run it as `make exact`. Every code point is tried in several places, then generated texts, then real ones: help, manual
pages and documents of this machine, Python's library and packages, chats, and the folders that `--folder` names. The
vocabularies are those of `vocabularies.py` and those that `--tokenizer` names. The exit code is 1 where anything
differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path

from real_texts import Gathered, gather
from vocabularies import MODELS, write_model

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "exact"
EXACT = ("cargo", "run", "--release", "--quiet", "--locked", "-p", "chatloom-tokenize", "--example", "exact", "--")


def main() -> int:
    """Compares what the command line asks for."""
    options = _parser().parse_args()
    texts = gather(BUILD / "texts", options.each * 1_000_000, options.folder)
    _tell(texts)
    own = [write_model(name, BUILD / name) / "tokenizer.json" for name in (options.only or MODELS)]
    arguments = [argument for text in texts for argument in ("--text", str(text.file))]
    tokenizers = map(str, (*own, *options.tokenizer))
    return subprocess.call([*EXACT, "--generated", str(options.generated), *arguments, *tokenizers], cwd=ROOT)


def _tell(texts: list[Gathered]) -> None:
    """Prints how much there is, of folders that lie together as one."""
    sizes: Counter[str] = Counter()
    for text in texts:
        sizes[str(Path(text.source).parent / "*") if "/" in text.source else text.source] += text.bytes
    for source, size in (*sizes.items(), ("all", sizes.total())):
        print(f"{size / 1e6:8.1f} MB  {source}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", type=int, default=1_000_000, help="texts to generate (default: 1000000)")
    parser.add_argument("--each", type=int, default=50, help="MB of text from each source at most (default: 50)")
    parser.add_argument("--folder", type=Path, action="append", default=[], help="more real text; may be repeated")
    parser.add_argument("--tokenizer", type=Path, action="append", default=[], help="a tokenizer.json; may be repeated")
    parser.add_argument("--only", choices=MODELS, action="append", help="of our vocabularies; may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main())
