"""The command line: ``holdfast <command>``. What a command does is elsewhere; here it is asked for and told."""

from collections.abc import Callable
from typing import Annotated

import typer

from holdfast import __version__
from holdfast.cli import console, looking, loyalty, money, serving

main = typer.Typer(
    help="Holdfast, for businesses that owe their customers something.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Keys of the vault.", no_args_is_help=True)
cards = typer.Typer(help="Stamp cards.", no_args_is_help=True)


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        console.out.print(f"holdfast {__version__}")
        raise typer.Exit


commands: list[Callable[..., None]] = [
    *(serving.demo, serving.up, serving.api, serving.worker, serving.migrate),
    *(looking.doctor, looking.verify, looking.jobs, looking.events, looking.openapi),
]
commands += [serving.backup, serving.restore, looking.export, money.reconcile]
for command in commands:
    main.command()(command)
main.command(name="settings")(looking.show_settings)
keys.command(name="new")(looking.new_key)
cards.command(name="import")(loyalty.import_visits)
main.add_typer(keys, name="keys")
main.add_typer(cards, name="loyalty")
