"""The command line: ``holdfast <command>``. What a command does is elsewhere; here it is asked for and told."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from holdfast import __version__

COMMANDS = {
    "demo": "showing.demo",
    "up": "serving.up",
    "api": "serving.api",
    "worker": "serving.worker",
    "migrate": "keeping.migrate",
    "doctor": "looking.doctor",
    "verify": "looking.verify",
    "jobs": "looking.jobs",
    "events": "looking.events",
    "openapi": "serving.openapi",
    "backup": "keeping.backup",
    "restore": "keeping.restore",
    "export": "looking.export",
    "reconcile": "money.reconcile",
    "settings": "looking.settings",
    "keys": "keeping.keys",
    "loyalty": "loyalty.cards",
}
"""The module and the function, or the group of commands, that each command is; in the order of the help."""


class Commands(TyperGroup):
    """Imports a command when it is asked for: most need a fraction of the platform, and answer that much sooner."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, or nothing."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(".")
        found = getattr(import_module(f"holdfast.cli.{module}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


main = typer.Typer(
    cls=Commands,
    help="Holdfast, for businesses that owe their customers something.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"holdfast {__version__}")
        raise typer.Exit
