"""Pages of the public API, written from the modules' own ``__all__``."""

import inspect
from importlib import import_module
from pathlib import Path

# Module, title, and the names that are listed under another title already.
_PARTS = (
    ("skmiaug", "Estimators and files"),
    ("skmiaug.over_sampling", "Augmenters of your own"),
    ("skmiaug.model_selection", "Searching the way to balance, and decisions"),
    ("skmiaug.evaluation", "Comparing samplers"),
    ("skmiaug.metrics", "Measures of synthetic samples and predictions"),
    ("skmiaug.datasets", "Corpora, protocols, synthetic data"),
    ("skmiaug.feature_extraction", "Feature extraction"),
    ("skmiaug.representation", "Representations"),
    ("skmiaug.exceptions", "Errors and warnings"),
)
_NOTE = ".. This file is written by docs/_ext/api_index.py at each build.\n"
_HEAD = f"""\
{_NOTE}
API
===

All public names, by the module from which they are imported. Everything else, and every
module whose name begins with an underscore, may change without notice.
"""


def public_names() -> dict[str, list[str]]:
    """Public classes and functions of each module, each name under one module only."""
    found: dict[str, list[str]] = {}
    seen: list[object] = []
    for module_name, _ in _PARTS:
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name != module_name:
                raise
            continue
        names = []
        for name in module.__all__:
            value = getattr(module, name)
            documented = inspect.isclass(value) or inspect.isroutine(value)
            if documented and not any(value is other for other in seen):
                seen.append(value)
                names.append(name)
        found[module_name] = names
    return found


def write_api_pages(folder: Path) -> None:
    """Write a page for each module, and one that lists them."""
    names = public_names()
    modules = {module: title for module, title in _PARTS if names.get(module)}
    index = _HEAD + "\n.. toctree::\n   :hidden:\n\n"
    index += "".join(f"   {module}\n" for module in modules) + "\n"
    for module, title in modules.items():
        index += f":doc:`{title} <{module}>` (``{module}``)\n"
        index += f"   {', '.join(f'`~{module}.{name}`' for name in names[module])}\n\n"
        _write(folder / f"{module}.rst", _page(module, title, names[module]))
    _write(folder / "index.rst", index)


def _page(module: str, title: str, names: list[str]) -> str:
    head = f"{title}\n{'=' * len(title)}\n\nFrom ``{module}``:\n\n"
    table = f".. currentmodule:: {module}\n\n"
    table += ".. autosummary::\n   :toctree: ../generated\n   :nosignatures:\n\n"
    return _NOTE + "\n" + head + table + "".join(f"   {name}\n" for name in names)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
