"""Comparison of samplers by leak-free cross-validation, and the command line.

Names are imported on first use: ``skmiaug --help`` must not wait for scikit-learn.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "ImbalancedTrainingSplit": "comparison._folds",
    "QualityReport": "report",
    "compare_samplers": "comparison._compare",
    "comparison_markdown": "comparison._text",
    "comparisons_markdown": "comparison._text",
    "default_classifiers": "comparison._methods",
    "default_samplers": "comparison._methods",
    "format_comparison": "comparison._text",
    "load_comparison": "comparison._output",
    "paired_tests": "comparison._summary",
    "plot_comparison": "comparison._plot",
    "plot_comparisons": "comparison._plot",
    "quality_report": "report",
    "save_comparison": "comparison._output",
    "summarize_comparison": "comparison._summary",
}

__all__ = [*_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
