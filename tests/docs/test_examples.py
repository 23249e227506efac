"""The examples run, in their short form."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.docs._pages import DOCS, EXAMPLES, ROOT

sys.path.insert(0, str(DOCS / "_ext"))
try:
    from gallery_setup import missing_needs
except ImportError:  # without the extra docs
    missing_needs = None
finally:
    sys.path.remove(str(DOCS / "_ext"))

# Draws figures into files instead of windows, and counts them.
_RUNNER = """
import runpy, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
shown = []
plt.show = lambda *a, **k: shown.extend(map(plt.figure, plt.get_fignums()))
names = runpy.run_path(sys.argv[1], run_name="__main__")
shown += [value for value in names.values() if isinstance(value, Figure)]
assert shown, "no figure"
for figure in shown:
    figure.canvas.draw()
    assert figure.axes, "an empty figure"
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs_and_ends_in_a_figure(path):
    if missing_needs is None:
        pytest.skip("sphinx-gallery reads what examples need (extra: docs)")
    missing = missing_needs(path.read_text(encoding="utf-8"), ROOT)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER, path.name],
        cwd=path.parent,
        env=os.environ | {"SKMIAUG_EXAMPLES": "short", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_has_a_title_and_says_what_it_needs(path):
    source = path.read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(source)) or ""
    title, line, *_ = doc.split("\n")
    assert title, "no title"
    assert line == "=" * len(title), "no line of that length under the title"
    if re.search(r"raise SystemExit|sys\.exit", source):
        # sphinx-gallery would end the build there: it must know when not to run it.
        assert re.search(r"^# Needs: \S+$", source, re.MULTILINE)


def test_what_is_missing_is_named(tmp_path):
    if missing_needs is None:
        pytest.skip("sphinx-gallery reads what examples need (extra: docs)")
    (tmp_path / "here").mkdir()
    source = "# Needs: ./here\n# Needs: ./there\n# Needs: json\n# Needs: no_such_module\n"
    assert missing_needs(source, tmp_path) == ["./there", "no_such_module"]


def test_without_dask_the_example_says_so_and_ends_well(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'distributed' else real(name, *a)\n"
    )
    done = subprocess.run(
        [sys.executable, ROOT / "examples/plot_dask_cluster.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "pip install distributed" in done.stdout
