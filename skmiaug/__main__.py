"""``python -m skmiaug``: the command line without the installed script."""

import sys

from skmiaug.evaluation.cli import main

if __name__ == "__main__":
    sys.exit(main())
