"""Side-by-side comparison of samplers under one honest protocol, and the command line.

Names are imported on first use: ``skmiaug --help`` must not wait for scikit-learn.
"""

from importlib import import_module
from typing import Any

_HOME_OF = {
    "QualityReport": "_report",
    "SkewedTraining": "_skew",
    "average_ranks": "_statistics",
    "compare_samplers": "_compare",
    "corrected_repeated_ttest": "_statistics",
    "default_classifiers": "_defaults",
    "default_samplers": "_defaults",
    "format_comparison": "_text",
    "make_skewed": "_skew",
    "paired_tests": "_paired",
    "plot_comparison": "_plot",
    "quality_report": "_report",
    "save_comparison": "_output",
    "summarize_comparison": "_summary",
    "wilcoxon_signed_rank": "_statistics",
}

__all__ = [
    "QualityReport",
    "SkewedTraining",
    "average_ranks",
    "compare_samplers",
    "corrected_repeated_ttest",
    "default_classifiers",
    "default_samplers",
    "format_comparison",
    "make_skewed",
    "paired_tests",
    "plot_comparison",
    "quality_report",
    "save_comparison",
    "summarize_comparison",
    "wilcoxon_signed_rank",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
