"""Command line of the suite."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import threadpoolctl
import torch

from skmiaug import MIGANAugmenter
from tests.benchmarks.suite._corpora import corpus, imbalanced_counts
from tests.benchmarks.suite._ctgan import SKIPPED, have_ctgan
from tests.benchmarks.suite._device import on_device
from tests.benchmarks.suite._measure import choose_clock
from tests.benchmarks.suite._parts import growth, sizes, steps
from tests.benchmarks.suite._table import Line, format_table, write_csv, write_json

_SHORT = {"rows": [1000], "features": [47], "growth_rows": [1000, 5531], "weights": [1, 4]}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.suite",
        description="Costs of MIGANAugmenter, its matrix products, SMOTE and CTGAN.",
    )

    def numbers(name: str, default: list[int], help: str) -> None:
        parser.add_argument(name, type=int, nargs="*", default=default, help=help)

    numbers("--rows", [1000, 5531, 84030], "sizes of the comparison")
    numbers("--features", [47, 768, 1024], "as above")
    parser.add_argument("--classes", type=int, default=4)
    numbers("--growth-rows", [1000, 5531, 20000, 50000, 100000], "at 47 features")
    numbers("--growth-features", [47, 256, 768, 1024], "at 5,531 rows")
    numbers("--growth-classes", [2, 4, 8, 16], "at 5,531 rows, 47 features")
    numbers("--weights", [1, 2, 4, 8], "λ trained together, at the same size")
    parser.add_argument("--repeats", type=int, default=150, help="runs of each step")
    parser.add_argument("--short", action="store_true", help="one small size; a minute")
    parser.add_argument("--without-ctgan", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--clock", choices=["wall", "cpu"], default="wall",
        help="cpu: seconds of the CPU, for a machine with other work",
    )  # fmt: skip
    parser.add_argument(
        "--device", type=torch.device,
        help="measure that device alone (cuda): step, fit and 16 λ at 84,030 × 1,024",
    )  # fmt: skip
    parser.add_argument("--csv", type=Path, help="file to write")
    parser.add_argument("--json", type=Path, help="as above")
    options = parser.parse_args(arguments)
    if options.short:
        vars(options).update(_SHORT, growth_features=[], growth_classes=[])
    return options


def measure(options: argparse.Namespace) -> Iterator[Line]:
    """Yield all lines that were asked for."""
    if options.device is not None:
        yield from on_device(options.device, (84_030, 1024, 8), 16)
        return
    with_ctgan = have_ctgan() and not options.without_ctgan
    k = options.classes
    # What the first fit imports and starts is not measured.
    first = corpus(imbalanced_counts(200, 2), 5)
    MIGANAugmenter(max_iter=3, device="cpu").fit_resample(*first)
    yield from steps(options.features, 5531, k, repeats=options.repeats)
    yield from sizes(options.rows, options.features, k, with_ctgan=with_ctgan)
    yield from growth(
        rows=options.growth_rows,
        features=options.growth_features,
        classes=options.growth_classes,
        weights=options.weights,
        base=(5531, 47, k),
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table and write the files."""
    options = parse(arguments)
    if not options.without_ctgan and not have_ctgan():
        print(f"Without CTGAN. {SKIPPED}")
    begin = time.perf_counter()
    lines: list[Line] = []
    choose_clock(options.clock)
    torch.set_num_threads(options.threads)
    with threadpoolctl.threadpool_limits(options.threads):
        for line in measure(options):
            lines.append(line)
            print(f"{line.part}: {line.what}, {line.seconds:.2f} s", file=sys.stderr)
    about = {
        "clock": options.clock,
        "threads": options.threads,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "minutes": round((time.perf_counter() - begin) / 60, 1),
    }
    print(format_table(lines))
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    if options.csv:
        write_csv(options.csv, lines)
    if options.json:
        write_json(options.json, about, lines)


if __name__ == "__main__":
    main()
