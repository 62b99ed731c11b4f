"""The command that shows the platform."""

from typing import Annotated

import typer

from holdfast.cli import console
from holdfast.demo import running


def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without the trickle of stamps.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop by itself after so long.")] = None,
) -> None:
    """Run the whole platform with busy businesses in it. Ctrl-C stops it; the data stays."""
    console.run(running.run(console.out, port=port, trickling=not quiet, seconds=seconds), server="stopped")
