"""The lowest versions that are allowed are those that the tests were run with."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lowest_allowed():
    """Lowest version of each package that skmiaug or an extra for users needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    users = ("audio", "plots", "parquet", "mosei", "distributed")
    needed = project["dependencies"] + [need for name in users for need in extras[name]]
    found = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", need).groups() for need in needed)
    return {name: tuple(map(int, lowest.split("."))) for name, lowest in found.items()}


def lowest_tested():
    text = (ROOT / "tests" / "lowest-versions.txt").read_text()
    found = dict(re.findall(r"^([\w-]+)==([\d.]+)$", text, flags=re.MULTILINE))
    return {name: tuple(map(int, version.split("."))) for name, version in found.items()}


def test_no_version_is_allowed_that_is_lower_than_those_tested():
    tested = lowest_tested()
    for name, lowest in lowest_allowed().items():
        assert tested[name][: len(lowest)] == lowest, name
