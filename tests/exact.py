"""Compares the fast lane's ids and spans with those of `tokenizers`, and prints documents, tokens and differences.

Run it as `make exact`. Every code point is tried in several places, then generated texts, then the files that `--text`
names and Python's own library, on the vocabularies of `vocabularies.py` and those that `--tokenizer` names. The exit
code is 1 where anything differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from pathlib import Path

from vocabularies import MODELS, write_model

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "exact"
EXACT = ("cargo", "run", "--release", "--quiet", "--locked", "-p", "chatloom-tokenize", "--example", "exact", "--")


def main() -> int:
    """Compares what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", type=int, default=100_000, help="how many texts to generate (default: 100000)")
    parser.add_argument("--text", type=Path, action="append", default=[], help="a text file; may be repeated")
    parser.add_argument("--tokenizer", type=Path, action="append", default=[], help="a tokenizer.json; may be repeated")
    options = parser.parse_args()
    own = [write_model(name, BUILD / name) / "tokenizer.json" for name in MODELS]
    texts = [argument for text in [_code(), *options.text] for argument in ("--text", str(text))]
    tokenizers = [str(path) for path in (*own, *options.tokenizer)]
    return subprocess.call([*EXACT, "--generated", str(options.generated), *texts, *tokenizers], cwd=ROOT)


def _code() -> Path:
    """Python's own library, one file after the other."""
    path = BUILD / "code.txt"
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    path.write_bytes(b"".join(file.read_bytes() for file in files))
    return path


if __name__ == "__main__":
    sys.exit(main())
