"""The command line, ``skmiaug``. Nothing heavy is imported until a command runs."""

import io
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

from skmiaug.evaluation.cli._parser import BAD_INPUT, UsageError, make_parser, print_error
from skmiaug.exceptions import FileFormatError, MissingExtraError

__all__ = ["main"]

INTERRUPTED, PIPE_CLOSED = 130, 141


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
            # Imported only now: help and errors need not wait for scikit-learn.
            course = import_module(f"skmiaug.evaluation.cli._{parsed.command}")
            code = int(course.run(parsed))
        if sys.stdout is not None:  # None where the caller has closed it
            sys.stdout.flush()
        return code
    except (FileFormatError, MissingExtraError, UsageError) as error:
        print_error(str(error))
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
        print_error(str(error))
        _close_stdout()
        return BAD_INPUT


def _close_stdout() -> None:
    """Keep the interpreter's own flush at exit quiet."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
