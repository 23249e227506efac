"""Reads damaged files, one after another, and names them; run by test_fuzz in a process."""

import json
import random
import sys
import traceback
from pathlib import Path

from tests.fuzz._targets import TARGETS, damage_bytes

# What damaged files may take beyond what the libraries take.
MAX_BYTES = 2**31


def limit_memory() -> None:
    """Turn memory that grows without bound into a MemoryError, where the system can."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    limit = pages * resource.getpagesize() + MAX_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(name: str, first: int, last: int, folder: Path) -> None:
    """Try inputs ``first`` to ``last``; a line of JSON for each, before and after."""
    _, target = TARGETS[name]
    files = target.make(folder)
    originals = {file: file.read_bytes() for file in files}
    for file in files:
        target.read(folder, file)  # the good ones are read without an error
    limit_memory()
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
        try:
            target.read(folder, file)
            outcome = "read"
        except target.documented as error:
            outcome = "refused"
            str(error).encode()  # a message that a terminal or a file can take
        except Exception:
            outcome = traceback.format_exc()[-1500:]
        print(json.dumps({"number": number, "outcome": outcome}), flush=True)
        file.write_bytes(data)
    print(json.dumps({"done": True}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
