"""The built web application's table of contents: which files an entry of it needs, under the names the build gave them.

The build names a file by a digest of what is in it, so nobody can write the name down; it is looked up here.
"""

from functools import lru_cache
from html import escape
from pathlib import Path

import msgspec

MANIFEST = ".vite/manifest.json"


class Chunk(msgspec.Struct):
    """A file of the build, and what it asks for: now (``imports``, ``css``) or when it is needed."""

    file: str
    imports: list[str] = []
    css: list[str] = []


class Assets:
    """What the build made; empty where nothing was built."""

    def __init__(self, chunks: dict[str, Chunk]) -> None:
        self._chunks = chunks

    def files(self, entry: str) -> list[str]:
        """Every file that an entry needs before it can run, itself first; empty when there is no such entry.

        Args:
            entry: its source's path in the folder of the web application, such as ``src/public/join.ts``.
        """
        found: dict[str, None] = {}
        waiting = [entry]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop(0)
            chunk = self._chunks.get(name)
            if chunk is None or name in seen:
                continue
            seen.add(name)
            found[chunk.file] = None
            found.update(dict.fromkeys(chunk.css))
            waiting += chunk.imports
        return list(found)

    def tags(self, entry: str) -> str:
        """The tags for a page's head that load an entry: its styles, its script, and early what the script imports."""
        styles: list[str] = []
        scripts: list[str] = []
        for file in self.files(entry):
            address = escape(f"/{file}")
            if file.endswith(".css"):
                styles.append(f'<link rel="stylesheet" href="{address}">')
            elif scripts:
                scripts.append(f'<link rel="modulepreload" href="{address}">')
            else:
                scripts.append(f'<script type="module" src="{address}"></script>')
        return "".join([*styles, *scripts])


@lru_cache(maxsize=8)
def _read(file: Path, changed_ns: int) -> Assets:
    return Assets(msgspec.json.decode(file.read_bytes(), type=dict[str, Chunk]))


def read(folder: Path) -> Assets:
    """The table of contents of a built application's folder; an empty one when it is not built."""
    file = folder / MANIFEST
    try:
        return _read(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return Assets({})
