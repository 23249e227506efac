"""Reads damaged files, one after another, and names them; run by test_fuzz in a process."""

import json
import random
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz._targets import TARGETS, damage_bytes

# What damaged files may take beyond what the libraries and good files take.
MAX_BYTES = 2**31
# Of this process alone: a machine that other work slows down takes no part in it.
MAX_CPU_SECONDS = 10.0


def limit_memory() -> None:
    """Turn memory that grows without bound into a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MAX_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def peak_bytes() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(name: str, first: int, last: int, folder: Path) -> None:
    """Try inputs ``first`` to ``last``; a line of JSON for each, before and after.

    An input that takes longer than `MAX_CPU_SECONDS` ends the process by SIGPROF. The last
    line has the memory that damaged files took beyond that of good ones, in bytes.
    """
    _, target = TARGETS[name]
    files = target.make(folder)
    originals = {file: file.read_bytes() for file in files}
    for file in files:
        target.read(folder, file)  # the good ones are read without an error
    limit_memory()
    before = peak_bytes()
    contents = list(originals.values())
    for number in range(first, last):
        rng = random.Random(f"{name} {number}")
        # Label files are few and large, transcripts many and small.
        tried = rng.sample(files, rng.choice([1, min(3, len(files))]))
        file = max(tried, key=lambda f: len(originals[f]))
        data = originals[file]
        try:
            (target.damage or damage_bytes)(file, data, contents, rng)
        except (TypeError, ValueError):
            continue  # not even written
        print(json.dumps({"number": number, "file": str(file)}), flush=True)
        signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
        begin = time.process_time()
        try:
            target.read(folder, file)
            outcome = "read"
        except target.documented as error:
            outcome = "refused"
            str(error).encode()  # a message that a terminal or a file can take
        except Exception:
            outcome = traceback.format_exc()[-1500:]
        seconds = time.process_time() - begin
        signal.setitimer(signal.ITIMER_PROF, 0)
        line = {"number": number, "outcome": outcome, "seconds": seconds}
        print(json.dumps(line), flush=True)
        file.write_bytes(data)
    print(json.dumps({"done": True, "bytes": peak_bytes() - before}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
