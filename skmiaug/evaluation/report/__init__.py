"""Quality report on the synthetic samples of an over-sampler."""

from skmiaug.evaluation.report._html import MARKER
from skmiaug.evaluation.report._measures import MEASURES, Measure, Value
from skmiaug.evaluation.report._report import QualityReport, quality_report
from skmiaug.evaluation.report._samples import default_splits, judged_fold

__all__ = [
    "MARKER",
    "MEASURES",
    "Measure",
    "QualityReport",
    "Value",
    "default_splits",
    "judged_fold",
    "quality_report",
]
