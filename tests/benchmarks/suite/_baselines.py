"""MIGANAugmenter of 500 steps compared with methods that train nothing."""

import pandas as pd

from skmiaug import MIGANAugmenter
from skmiaug.evaluation import default_samplers, summarize_comparison

OVERSAMPLERS = ["RandomOverSampler", "SMOTE"]
BASELINES = ["none", "class weights", *OVERSAMPLERS]


def samplers_and_baselines() -> dict[str, object]:
    """Return the baselines, and the augmenter without and with the information term."""
    return {name: default_samplers()[name] for name in BASELINES} | {
        "mi_weight=0": MIGANAugmenter(mi_weight=0, max_iter=500),
        "default": MIGANAugmenter(max_iter=500),
    }


def print_gain(results: pd.DataFrame) -> float:
    """Print the summary; mean UAR of the augmenter less that of the best oversampler."""
    print(summarize_comparison(results).to_string())
    mean = results.groupby("sampler")["uar"].mean()
    return float(mean["default"] - mean[OVERSAMPLERS].max())
