"""One transform: shards of the input through joblib, then what there is to say of it."""

import logging
import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from tqdm.auto import tqdm

from skmiaug.feature_extraction._errors import (
    DamagedCacheWarning,
    FailedInputWarning,
    TruncatedTextWarning,
)
from skmiaug.feature_extraction._items import Item
from skmiaug.feature_extraction._shard import ShardResult, extract_shard
from skmiaug.feature_extraction._spec import ExtractionSpec

logger = logging.getLogger("skmiaug.feature_extraction")

# Shards a process, so that the slowest does not keep the others waiting for long.
_SHARDS_PER_JOB = 4
_SMALLEST_SHARD = 16
_FAILURES_SHOWN = 3
# From _warn through extract, transform and sklearn's wrapper of it to who called transform.
_CALLER = 5


def extract(
    spec: ExtractionSpec, items: Sequence[Item], *, n_jobs: int | None, verbose: bool
) -> np.ndarray:
    """Extract features, in this process or in several.

    Parameters
    ----------
    spec : ExtractionSpec
    items : sequence of Item
    n_jobs : int or None
        As in joblib.
    verbose : bool
        Whether to show a progress bar.

    Returns
    -------
    features : ndarray of shape (n_items, n_features), float32
    """
    start = time.perf_counter()
    with tqdm(total=len(items), disable=not verbose, unit="input") as bar:
        jobs = min(effective_n_jobs(n_jobs), max(len(items), 1))
        if jobs == 1:
            results = [extract_shard(spec, items, bar.update)]
        else:
            results = _in_parallel(spec, items, jobs, bar)
    _log(results, len(items), time.perf_counter() - start)
    _warn(results, len(items))
    return np.concatenate([result.features for result in results])


def _in_parallel(
    spec: ExtractionSpec, items: Sequence[Item], jobs: int, bar: tqdm
) -> list[ShardResult]:
    specs, jobs = _specs_of_jobs(spec, jobs)
    n_shards = len(specs) if len(specs) > 1 else jobs * _SHARDS_PER_JOB
    size = max(
        math.ceil(len(items) / n_shards), min(_SMALLEST_SHARD, math.ceil(len(items) / jobs))
    )
    shards = [items[start : start + size] for start in range(0, len(items), size)]
    backend, _ = get_active_backend()
    # Results as they come, where the backend can, so that the bar moves.
    return_as = (
        "generator" if getattr(backend, "supports_return_generator", False) else "list"
    )
    results = []
    for result in Parallel(n_jobs=jobs, return_as=return_as)(
        delayed(extract_shard)(specs[k % len(specs)], shard)
        for k, shard in enumerate(shards)
    ):
        bar.update(len(result.features))
        results.append(result)
    return results


def _specs_of_jobs(spec: ExtractionSpec, jobs: int) -> tuple[list[ExtractionSpec], int]:
    """One specification a GPU, and no more processes than GPUs; else the one there is."""
    if not spec.device.startswith("cuda"):
        return [spec], jobs
    if spec.device != "cuda":
        return [spec], 1
    jobs = min(jobs, torch.cuda.device_count())
    return [replace(spec, device=f"cuda:{gpu}") for gpu in range(jobs)], jobs


def _log(results: list[ShardResult], n_items: int, seconds: float) -> None:
    audio = sum(result.seconds for result in results)
    cached = sum(result.n_cached for result in results)
    speed = n_items / seconds if seconds > 0 else float("inf")
    factor = (
        f", real-time factor {seconds / audio:.4f} ({audio:.1f} s of audio)"
        if audio
        else ""
    )
    logger.info(
        "%d inputs in %.2f s: %.1f a second, %d from the cache%s",
        n_items,
        seconds,
        speed,
        cached,
        factor,
    )


def _warn(results: list[ShardResult], n_items: int) -> None:
    failures = [failure for result in results for failure in result.failures]
    truncated = sum(result.n_truncated for result in results)
    damaged = sum(result.n_damaged for result in results)
    if failures:
        shown = "; ".join(failures[:_FAILURES_SHOWN])
        more = len(failures) - _FAILURES_SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        warnings.warn(
            f"{len(failures)} of {n_items} inputs could not be used; their rows are NaN: "
            f"{shown}{rest}",
            FailedInputWarning,
            stacklevel=_CALLER,
        )
    if truncated:
        warnings.warn(
            f"{truncated} of {n_items} texts were cut to the model's limit",
            TruncatedTextWarning,
            stacklevel=_CALLER,
        )
    if damaged:
        warnings.warn(
            f"{damaged} of {n_items} cache entries were damaged and were computed again",
            DamagedCacheWarning,
            stacklevel=_CALLER,
        )
