"""Damaged and hostile files: only documented errors, no endless waiting, bounded memory.

About 11,000 inputs, and 6,000 of test_audio_headers::

    pytest -m slow tests/fuzz

``SKMIAUG_FUZZ`` is a factor of their number. An input is made from its target and number
alone, so that one that fails can be made again.
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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
FACTOR = float(os.environ.get("SKMIAUG_FUZZ", "1"))
# An input should take 10 s at most, also on a machine that other work slows down.
PATIENCE = 60.0
START = 300.0


def follow(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def run(name, first, last, folder):
    """Outcomes by number, and the number of the input that ended the process, if any."""
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
    outcomes, current = {}, None
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
            patience = START
            while (line := lines.get(timeout=patience)) is not None:
                found = json.loads(line)
                if "done" in found:  # what remains is the end of the interpreter
                    break
                patience = PATIENCE
                current = found["number"]
                if "outcome" in found:
                    outcomes[current] = found["outcome"]
        except queue.Empty:
            outcomes[current] = f"no end within {patience:g} s"
        finally:
            process.kill()
            code = process.wait()
            process.stdout.close()
        errors.seek(0)
        text = errors.read()[-1000:]
    if current is not None and current not in outcomes:
        outcomes[current] = f"the process ended with {code}: {text}"
    assert current is not None, f"no input was tried: {text}"
    return outcomes, current


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files(name, tmp_path):
    if name == "CMU-MOSEI":
        pytest.importorskip("h5py")
    number, outcomes = 0, {}
    last = max(1, int(TARGETS[name][0] * FACTOR))
    while number < last:
        folder = tmp_path / str(number)
        folder.mkdir()
        found, current = run(name, number, last, folder)
        outcomes |= found
        number = current + 1  # after one that ended the process, with the next
        if len([o for o in outcomes.values() if o not in ("read", "refused")]) > 20:
            break
    bad = {n: text for n, text in outcomes.items() if text not in ("read", "refused")}
    kinds = list(outcomes.values())
    print(f"{name}: {kinds.count('read')} read, {kinds.count('refused')} refused")
    first = next(iter(bad.items()), None)
    assert not bad, f"{len(bad)} of {len(kinds)}; input {first[0]}: {first[1]}"
