"""Encodes texts with one library, timed: what runs in that library's environment, for `encode_peers.py`.

`peer.py LIBRARY TOKENIZER.json`. Then, for each line on standard input, the path of a JSON list of texts, it writes a
line of JSON: the seconds of the processor that encoding them took, and the ids of each text.
"""

import json
import sys
import time
from array import array
from itertools import pairwise
from pathlib import Path


def tokenizers(path):
    """Hugging Face's library: a list of encodings, without offsets."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    if hasattr(tokenizer, "encode_batch_fast"):
        return lambda texts: [one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)], list
    arrays = lambda texts: [one.ids_array for one in tokenizer.encode_batch(texts, add_special_tokens=False)]  # noqa: E731
    return arrays, lambda found: [ids.tolist() for ids in found]


def fastokens(path):
    """All ids in one piece, with offsets."""
    from fastokens._native import Tokenizer

    def documents(found):
        ids, offsets = array("I", found[0]), array("Q", found[1])
        return [ids[start:end].tolist() for start, end in pairwise(offsets)]

    return Tokenizer.from_file(path).encode_batch_flat, documents


def gigatoken(path):
    """An array of awkward, in the process's own thread."""
    from gigatoken import Tokenizer

    tokenizer = Tokenizer(path)
    return lambda texts: tokenizer.encode_batch(texts, parallel=False), lambda found: found.to_list()


def main():
    """Answers until standard input ends."""
    library, path = sys.argv[1:]
    encode, documents = {"tokenizers": tokenizers, "fastokens": fastokens, "gigatoken": gigatoken}[library](path)
    for line in sys.stdin:
        texts = json.loads(Path(line.rstrip("\n")).read_text("utf-8"))
        start = time.process_time()
        found = encode(texts)
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "ids": documents(found)}), flush=True)


if __name__ == "__main__":
    main()
