"""Click in French: its help, its complaints, and the values that the command takes."""

from datetime import date
from typing import Any

import click


class Day(click.ParamType[date]):
    """A day written AAAA-MM-JJ."""

    name = "AAAA-MM-JJ"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            if len(str(value)) != len("2026-07-10"):
                raise ValueError(value)
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"« {value} » n’est pas une date qui existe ; écrivez-la AAAA-MM-JJ.", param, ctx)


class _French(click.Command):
    """Help in French."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx)).replace("COMMAND [ARGS]...", "COMMANDE …")
        formatter.write_usage(ctx.command_path, pieces, prefix="Usage : ")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Montre cette aide."
        return option


class FrenchCommand(_French):
    """One command."""


class FrenchGroup(_French, click.Group):
    """The commands, in the order in which they were written."""

    command_class = FrenchCommand

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        with formatter.section("Commandes"):
            formatter.write_dl(rows)


def say_usage_error(error: click.UsageError) -> str:
    """What was wrong with the command line, as one French sentence."""
    match error:
        case click.NoSuchOption():
            return f"L’option {error.option_name} n’existe pas."
        case click.MissingParameter():
            return f"Il manque {_named(error)}."
        case click.BadParameter():
            return f"{_named(error)} : {error.message}"
        case click.BadOptionUsage():
            return f"L’option {error.option_name} attend une valeur, ou n’en prend pas."
        case _ if type(error).__name__ == "NoSuchCommand":
            return f"La commande « {getattr(error, 'command_name', '')} » n’existe pas."
        case _:
            return "Il y a des mots en trop sur la ligne."


def _named(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Option):
        return f"l’option {error.param.opts[-1]}"
    return error.param.human_readable_name if error.param else "un mot"
