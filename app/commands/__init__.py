"""The command `navette`: what the operator of an instance does from the shell.

Answers go to stdout, faults to stderr in French; with `--json`, both to stdout for a program. Exit codes: 0 done, 1
refused or false, 2 not understood or unreadable. Each file holds the commands of one subject; they are listed in the
order in which they are imported here.
"""

from app.commands import instance, copies, reading, proving, sealing  # noqa: I001 - the order of the list of commands
from app.commands.group import main
from app.commands.instance import DEMONSTRATIONS, SCENARIOS

__all__ = ["DEMONSTRATIONS", "SCENARIOS", "copies", "instance", "main", "proving", "reading", "sealing"]
