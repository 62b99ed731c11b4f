"""Stops the PostgreSQL servers of this checkout: those of the folders given, or all that the tests started."""

import sys
from pathlib import Path

from holdfast.kernel import embedded

ROOT = Path(__file__).parent.parent

if __name__ == "__main__":
    for folder in [ROOT / each for each in sys.argv[1:]] or (ROOT / ".var" / "test").glob("*"):
        embedded.stop(folder)
