"""Stops the PostgreSQL servers of this checkout; without arguments, the one that the tests started."""

import sys
from pathlib import Path

from holdfast.kernel import embedded

ROOT = Path(__file__).parent.parent

if __name__ == "__main__":
    for folder in sys.argv[1:] or [".var/test/postgres"]:
        embedded.stop(ROOT / folder)
