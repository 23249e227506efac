"""The parser of all commands, and one line for every error."""

import argparse
import difflib
import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from skmiaug.evaluation.cli._arguments import INTERRUPTED, UsageError
from skmiaug.exceptions import FileFormatError, MissingExtraError

# Each module has add_command(subparsers), which sets `run` on its parser: a function of
# the parsed arguments that returns the exit code.
COMMANDS = (
    "skmiaug.evaluation.cli._compare",
    "skmiaug.evaluation.cli._benchmark",
    "skmiaug.evaluation.cli._report",
)
BAD_INPUT, PIPE_CLOSED = 2, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    Bad input gives one line on stderr that starts with "skmiaug: error:", and 2; Ctrl-C
    gives one line and 130. Without arguments it prints the help.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without "±" shows "?", and the table is not lost.
        sys.stdout.reconfigure(errors="replace")
    parser = make_parser()
    parsed = parser.parse_args(arguments)
    if parsed.command is None:
        parser.print_help()
        return 0
    try:
        with warnings.catch_warnings():
            if parsed.quiet:
                warnings.simplefilter("ignore")
            code = int(parsed.run(parsed))
        if sys.stdout is not None:  # None where the caller has closed it
            sys.stdout.flush()
        return code
    except (FileFormatError, MissingExtraError, UsageError) as error:
        _print_error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        print("skmiaug: interrupted; no results were written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # `skmiaug compare | head`
        _close_stdout()
        return PIPE_CLOSED
    except OSError as error:
        # Such as a full disk below `skmiaug compare > file`.
        _print_error(str(error))
        _close_stdout()
        return BAD_INPUT


class _Parser(argparse.ArgumentParser):
    """One line for a bad argument, as for a bad file."""

    def error(self, message: str) -> NoReturn:
        found = re.fullmatch(r"(.*invalid choice: '(.*)') \(choose from (.*)\)", message)
        if found:
            known = re.findall(r"[\w.+-]+", found[3])
            close = difflib.get_close_matches(found[2], known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            message = f"{found[1]}; choose from {', '.join(known)}.{hint}"
        _print_error(f"{message} (see {self.prog} --help)")
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
        description="Balance imbalanced classes of feature vectors and measure the gain.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version and exit"
    )
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for module in COMMANDS:
        import_module(module).add_command(subparsers)
    return parser


def _close_stdout() -> None:
    """Keep the interpreter's own flush at exit quiet."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_error(message: str) -> None:
    from skmiaug.evaluation._labels import printable

    print(f"skmiaug: error: {printable(' '.join(message.split()))}", file=sys.stderr)
