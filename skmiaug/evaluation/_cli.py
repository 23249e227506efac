"""The command line: ``skmiaug``. Nothing heavy is imported until a command runs."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from skmiaug.exceptions import FileFormatError, MissingExtraError

# Each module has add_command(subparsers), which sets `run` on its parser: a function of
# the parsed arguments that returns the exit code.
COMMANDS = (
    "skmiaug.evaluation._cli_compare",
    "skmiaug.evaluation._cli_benchmark",
    "skmiaug.evaluation._cli_report",
)

BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


class UsageError(ValueError):
    """Arguments that do not fit, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    Bad input gives one line on stderr that starts with "skmiaug: error:", and 2; Ctrl-C
    gives one line and 130.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without "±" shows "?", and the table is not lost.
        sys.stdout.reconfigure(errors="replace")
    parser = make_parser()
    parsed = parser.parse_args(arguments)
    try:
        code = int(parsed.run(parsed))
        if sys.stdout is not None:  # which it is where the caller has closed it
            sys.stdout.flush()
        return code
    except (FileFormatError, MissingExtraError, UsageError) as error:
        _say_error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        print("skmiaug: interrupted; no results were written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # `skmiaug compare | head`
        _write_nothing_more()
        return PIPE_CLOSED
    except OSError as error:
        # Such as a full disk below `skmiaug compare > file`.
        _say_error(str(error))
        _write_nothing_more()
        return BAD_INPUT


class _Parser(argparse.ArgumentParser):
    """One line for a bad argument, as for a bad file."""

    def error(self, message: str) -> NoReturn:
        _say_error(f"{message} (see {self.prog} --help)")
        sys.exit(BAD_INPUT)


class _Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import skmiaug

        print(f"skmiaug {skmiaug.__version__}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """The parser with all commands of `COMMANDS`."""
    parser = _Parser(
        prog="skmiaug",
        description="Balance skewed classes of feature vectors; measure what it brings.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version and leave"
    )
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    for module in COMMANDS:
        import_module(module).add_command(subparsers)
    return parser


def _write_nothing_more() -> None:
    """Keep the interpreter's own flush at exit quiet."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_error(message: str) -> None:
    one_line = " ".join(message.split())
    print(f"skmiaug: error: {one_line}", file=sys.stderr)
