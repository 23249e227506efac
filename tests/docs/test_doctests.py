"""The examples in the docstrings."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import skmiaug

MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(skmiaug.__path__, "skmiaug.")
    if not m.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(
        import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert found.failed == 0


def test_there_are_docstrings_to_test():
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [t for name in MODULES for t in finder.find(import_module(name)) if t.examples]
    assert len(tests) >= 5
