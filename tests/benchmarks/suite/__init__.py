"""One table of what MIGANAugmenter costs, compared with what could be used instead.

    python -m tests.benchmarks.suite --short            # a minute or two
    python -m tests.benchmarks.suite --csv costs.csv    # all sizes
    python -m tests.benchmarks.suite --help

CTGAN is a part of it where the ``benchmark`` extra is installed.
"""
