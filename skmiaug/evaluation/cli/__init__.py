"""The command line, ``skmiaug``. Nothing heavy is imported until a command runs."""

from skmiaug.evaluation.cli._main import main

__all__ = ["main"]
