"""Damaged and hostile files: only documented errors, no endless waiting, bounded memory.

About 11,000 inputs, and 6,000 of test_audio_headers::

    pytest -m slow tests/fuzz

``SKMIAUG_FUZZ`` is a factor of their number. An input is made from its target and number
alone, so that one that fails can be made again. Each may take 10 s of CPU time (see
`_worker`), and ``-s`` prints the longest and the memory that they took.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.fuzz._targets import TARGETS

pytest.importorskip("resource", reason="limits of a process are those of Unix")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
FACTOR = float(os.environ.get("SKMIAUG_FUZZ", "1"))
# Without a sign of life, for inputs that wait and take no CPU time.
PATIENCE = 300.0


def follow(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def run(name, first, last, folder):
    """Lines of the worker by number of the input, and that which ended it, if any."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz._worker",
        name,
        str(first),
        str(last),
        folder,
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    outcomes, current, n_bytes = {}, None, 0
    with open(folder.with_suffix(".stderr"), "w+") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=ROOT,
            text=True,
        )
        lines = queue.Queue()
        threading.Thread(target=follow, args=(process.stdout, lines), daemon=True).start()
        try:
            while (line := lines.get(timeout=PATIENCE)) is not None:
                found = json.loads(line)
                if "done" in found:  # what remains is the end of the interpreter
                    n_bytes = found["bytes"]
                    break
                current = found["number"]
                if "outcome" in found:
                    outcomes[current] = found
        except queue.Empty:
            outcomes[current] = {"outcome": f"no end within {PATIENCE:g} s"}
        finally:
            process.kill()
            code = process.wait()
            process.stdout.close()
        errors.seek(0)
        text = errors.read()[-1000:]
    if current is not None and current not in outcomes:
        outcomes[current] = {"outcome": f"the process ended with {code}: {text}"}
    assert current is not None, f"no input was tried: {text}"
    return outcomes, current, n_bytes


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files(name, tmp_path):
    if name == "CMU-MOSEI":
        pytest.importorskip("h5py")
    number, outcomes, n_bytes = 0, {}, 0
    last = max(1, int(TARGETS[name][0] * FACTOR))
    while number < last:
        folder = tmp_path / str(number)
        folder.mkdir()
        found, current, taken = run(name, number, last, folder)
        outcomes |= found
        n_bytes = max(n_bytes, taken)
        number = current + 1  # after one that ended the process, with the next
        kinds = [line["outcome"] for line in outcomes.values()]
        if len(kinds) - kinds.count("read") - kinds.count("refused") > 20:
            break
    bad = {
        n: line["outcome"]
        for n, line in outcomes.items()
        if line["outcome"] not in ("read", "refused")
    }
    seconds, longest = max((line.get("seconds", 0), n) for n, line in outcomes.items())
    print(
        f"{name}: {kinds.count('read')} read, {kinds.count('refused')} refused; longest "
        f"{seconds:.2f} s of CPU time (input {longest}); {n_bytes / 2**20:.0f} MiB more "
        "than good files take"
    )
    first = next(iter(bad.items()), None)
    assert not bad, f"{len(bad)} of {len(kinds)}; input {first[0]}: {first[1]}"
