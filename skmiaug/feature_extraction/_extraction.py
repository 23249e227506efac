"""One transform: shards of the input through joblib, cache, batches, and warnings."""

import contextlib
import copy
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from tqdm.auto import tqdm

from skmiaug.exceptions import FileFormatError, SkmiaugWarning
from skmiaug.feature_extraction._items import Item
from skmiaug.utils._fit import warn_caller
from skmiaug.utils.audio import AudioDecodeError, check_file
from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file

logger = logging.getLogger("skmiaug.feature_extraction")

# Inputs are read ahead and sorted by length within a stretch of this much audio or this
# many inputs, whichever comes first: about 40 MB of samples.
_STRETCH_SECONDS = 600.0
_STRETCH_INPUTS = 4096
# Shards per process, so that the others do not wait long for the slowest.
_SHARDS_PER_JOB = 4
_SMALLEST_SHARD = 16
_FAILURES_SHOWN = 3


class FailedInputWarning(SkmiaugWarning):
    """Some inputs could not be read; their rows are NaN."""


class TruncatedTextWarning(SkmiaugWarning):
    """Some texts were cut to the limit of the model."""


class DamagedCacheWarning(SkmiaugWarning):
    """Some cache entries were damaged; they were computed again."""


class Extractor(Protocol):
    """Computes feature vectors in one process; an input consists of one or more units."""

    @property
    def n_truncated(self) -> int: ...
    def read(self, item: Item) -> tuple[list[Any], float]: ...
    def batches(self, units: Sequence[Any]) -> list[list[int]]: ...
    def encode(self, units: list[Any]) -> list[Any]: ...
    def merge(self, parts: Sequence[Any]) -> np.ndarray: ...


# A BaseFeatureExtractor with resolved parameters, which can be sent to other processes.
Job = Any


def extract(
    job: Job, items: Sequence[Item], *, n_jobs: int | None, verbose: bool
) -> np.ndarray:
    """Extract the features (n_items, n_features), in this process or in several.

    ``n_jobs`` is as in joblib. With ``on_error="raise"``, an input that cannot be used or
    whose features are not finite is an AudioDecodeError or ValueError.
    """
    start = time.perf_counter()
    with tqdm(total=len(items), desc="features", disable=not verbose, unit="input") as bar:
        n_jobs = min(effective_n_jobs(n_jobs), max(len(items), 1))
        if n_jobs == 1:
            results = [_Shard(job, items, bar.update).run()]
        else:
            results = _in_parallel(job, items, n_jobs, bar)
    _log(results, len(items), time.perf_counter() - start)
    _warn(results, len(items))
    return np.concatenate([result.features for result in results])


def _in_parallel(
    job: Job, items: Sequence[Item], n_jobs: int, bar: tqdm
) -> list["_Result"]:
    jobs, n_jobs = _jobs_by_device(job, n_jobs)
    n_shards = len(jobs) if len(jobs) > 1 else n_jobs * _SHARDS_PER_JOB
    smallest = min(_SMALLEST_SHARD, math.ceil(len(items) / n_jobs))
    size = max(math.ceil(len(items) / n_shards), smallest)
    shards = [items[start : start + size] for start in range(0, len(items), size)]
    backend, _ = get_active_backend()
    # Results as they arrive, if the backend supports this, so that the bar moves.
    streams = getattr(backend, "supports_return_generator", False)
    results = []
    for result in Parallel(n_jobs=n_jobs, return_as="generator" if streams else "list")(
        delayed(_run_shard)(jobs[k % len(jobs)], shard) for k, shard in enumerate(shards)
    ):
        bar.update(len(result.features))
        results.append(result)
    return results


def _jobs_by_device(job: Any, n_jobs: int) -> tuple[list[Job], int]:
    """One job per GPU, and at most one process per GPU; on a CPU the job as it is."""
    device = getattr(job, "device", "cpu")
    if not device.startswith("cuda"):
        return [job], n_jobs
    if device != "cuda":
        return [job], 1
    jobs: list[Job] = []
    for gpu in range(min(n_jobs, torch.cuda.device_count())):
        jobs.append(copy.copy(job))
        jobs[-1].device = f"cuda:{gpu}"
    return jobs, len(jobs)


@dataclass
class _Result:
    """Result of one shard; rows of failed inputs are NaN."""

    features: np.ndarray
    failures: list[str] = field(default_factory=list)
    n_cached: int = 0
    n_damaged: int = 0
    n_truncated: int = 0
    seconds: float = 0.0


def _run_shard(job: Job, items: Sequence[Item]) -> _Result:
    return _Shard(job, items, lambda n: None).run()


class _Shard:
    """Features of a list of inputs in one process.

    ``on_done`` is called with the number of inputs each time some are finished.
    """

    def __init__(
        self, job: Job, items: Sequence[Item], on_done: Callable[[int], object]
    ) -> None:
        self.job, self.items, self.on_done = job, items, on_done
        shape = (len(items), job.n_features_out_)
        self.result = _Result(np.full(shape, np.nan, dtype=np.float32))
        self.cache: FeatureCache | None = None
        self.digests: dict[int, str] = {}
        self.seconds: dict[int, float] = {}

    def run(self) -> _Result:
        if not self.items:
            return self.result
        missing = list(range(len(self.items)))
        if self.job.cache_dir is not None:
            self.cache = FeatureCache(self.job.cache_dir, self.job._recipe())
            missing = [i for i in missing if not self._from_cache(self.cache, i)]
            self.result.n_cached = len(self.items) - len(missing)
            self.result.n_damaged = self.cache.n_damaged
            self.on_done(self.result.n_cached)
        if missing:
            extractor = self.job._open()
            for stretch in self._stretches(missing, extractor):
                self._encode(stretch, extractor)
            self.result.n_truncated = extractor.n_truncated
        return self.result

    def _from_cache(self, cache: "FeatureCache", i: int) -> bool:
        digest = content_digest(self.items[i])
        if digest is None:
            return False
        self.digests[i] = digest
        size, longest = self.job.n_features_out_, self.job.max_duration
        vector = cache.get(digest, size=size, max_seconds=longest)
        if vector is None:
            return False
        self.result.features[i] = vector
        return True

    def _stretches(
        self, missing: list[int], extractor: Extractor
    ) -> Iterator[list[tuple[int, list[Any]]]]:
        stretch: list[tuple[int, list[Any]]] = []
        held = 0.0
        kind = AudioDecodeError if self.job.modality_ == "audio" else ValueError
        for i in missing:
            item = self.items[i]
            try:
                if item.problem:
                    raise ValueError(item.problem)
                units, self.seconds[i] = extractor.read(item)
            except ValueError as error:
                self._fail(kind(f"{item.name}: {error}"), error)
                continue
            stretch.append((i, units))
            held += self.seconds[i]
            if held >= _STRETCH_SECONDS or len(stretch) >= _STRETCH_INPUTS:
                yield stretch
                stretch, held = [], 0.0
        if stretch:
            yield stretch
        self.result.seconds = sum(self.seconds.values())

    def _fail(self, error: ValueError, cause: ValueError | None = None) -> None:
        if self.job.on_error == "raise":
            raise error from cause
        self.result.failures.append(str(error))
        self.on_done(1)

    def _encode(self, stretch: list[tuple[int, list[Any]]], extractor: Extractor) -> None:
        """Encode the units of a stretch, and finish each input with its last unit."""
        owners = [(i, k) for i, own in stretch for k in range(len(own))]
        units = [unit for _, own in stretch for unit in own]
        parts: dict[int, list[Any]] = {i: [None] * len(own) for i, own in stretch}
        for batch in extractor.batches(units):
            encoded = extractor.encode([units[u] for u in batch])
            for u, part in zip(batch, encoded, strict=True):
                i, k = owners[u]
                parts[i][k] = part
                if all(part is not None for part in parts[i]):
                    self._finish(i, extractor.merge(parts.pop(i)))

    def _finish(self, i: int, vector: np.ndarray) -> None:
        n_bad = np.count_nonzero(~np.isfinite(vector))
        if n_bad:
            reduced = getattr(self.job, "dtype", "float32") != "float32"
            remedy = "set dtype='float32'" if reduced else "check its samples"
            self._fail(
                ValueError(
                    f"{self.items[i].name}: expected finite features, got NaN or inf in "
                    f"{n_bad} of {vector.size} columns; {remedy} or leave the input out"
                )
            )
            return
        self.result.features[i] = vector
        if self.cache is not None and i in self.digests:
            self.cache.put(self.digests[i], vector, self.seconds[i])
        self.on_done(1)


def _log(results: list[_Result], n_items: int, seconds: float) -> None:
    audio = sum(result.seconds for result in results)
    factor = ""
    if audio:
        factor = f", real-time factor {seconds / audio:.4f} ({audio:.1f} s of audio)"
    logger.info(
        "%d inputs in %.2f s: %.1f a second, %d from the cache%s",
        n_items,
        seconds,
        n_items / max(seconds, 1e-9),
        sum(result.n_cached for result in results),
        factor,
    )


def _warn(results: list[_Result], n_items: int) -> None:
    failures = [failure for result in results for failure in result.failures]
    shown = "; ".join(failures[:_FAILURES_SHOWN])
    more = len(failures) - _FAILURES_SHOWN
    rest = f"; and {more} more" if more > 0 else ""
    unused = f"inputs could not be used; their rows are NaN: {shown}{rest}"
    cut = "texts were cut to the model's limit"
    damaged = "cache entries were damaged and were computed again"
    for number, what, category in (
        (len(failures), unused, FailedInputWarning),
        (sum(result.n_truncated for result in results), cut, TruncatedTextWarning),
        (sum(result.n_damaged for result in results), damaged, DamagedCacheWarning),
    ):
        if number:
            message = f"{number} of {n_items} {what}"
            warn_caller(message, category)


# ---------------------------------------------------------------- cache


class FeatureCache:
    """Feature vectors in a folder by the content of their inputs, each a tensor file.

    ``recipe`` holds everything else that determines a vector: JSON values only. Entries
    are renamed into place when complete, so that any number of processes may share a
    folder: at worst two compute the same one. ``joblib.Memory`` is not an alternative: its
    keys are the paths of files, it loads pickles, and it stores the result of a call, not
    of each input. ``n_damaged`` counts the entries found damaged so far.
    """

    def __init__(self, folder: str, recipe: dict[str, Any]) -> None:
        self._folder = Path(folder)
        self._recipe = json.dumps(recipe, sort_keys=True).encode()
        self.n_damaged = 0

    def get(
        self, digest: str, *, size: int, max_seconds: float = np.inf
    ) -> np.ndarray | None:
        """The vector of an entry; None if there is none, or it is damaged or too long.

        Audio that is too long is not found, so that it is refused as without a cache.
        """
        try:
            header, arrays = read_tensor_file(self._path(digest))
            vector, seconds = arrays["vector"], header["seconds"]
        except FileNotFoundError:
            return None
        except (FileFormatError, LookupError):
            vector, seconds = np.empty(0, np.float32), 0.0
        except OSError as error:
            raise self._explained(error, "read") from error
        if vector.shape != (size,):
            self.n_damaged += 1
            return None
        return vector if seconds <= max_seconds else None

    def put(self, digest: str, vector: np.ndarray, seconds: float = 0.0) -> None:
        """Write an entry of an input of so many ``seconds``."""
        path = self._path(digest)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_tensor_file(path, {"seconds": float(seconds)}, {"vector": vector})
        except OSError as error:
            raise self._explained(error, "written") from error

    def _explained(self, error: OSError, done: str) -> OSError:
        """An error of the same class that names the folder and the remedy."""
        reason = os.strerror(error.errno) if error.errno else str(error)
        return type(error)(
            error.errno,
            f"expected a cache_dir whose files can be {done}, got an error ({reason}); "
            "make room there or name another folder. Entries that exist are kept: the same "
            "call resumes from them",
            str(self._folder),
        )

    def _path(self, digest: str) -> Path:
        key = hashlib.sha256(b"\0".join([self._recipe, digest.encode()])).hexdigest()
        return self._folder / key[:2] / f"{key}.feat"


def content_digest(item: Item) -> str | None:
    """Digest of the content of an input, wherever it is stored; None if it has none.

    Two files of equal bytes have one digest; the same sound in another format, or as an
    array, has another.
    """
    # A missing file or a ragged list has none; the error is raised when it is read.
    with contextlib.suppress(OSError, ValueError):
        if item.text:
            return "text:" + hashlib.sha256(item.text.encode()).hexdigest()
        if item.path:
            check_file(item.path)
            with open(item.path, "rb") as file:
                return "file:" + hashlib.file_digest(file, "sha256").hexdigest()
        array = np.ascontiguousarray(item.samples)
        if array.dtype.kind in "fiu":
            head = f"{array.dtype.str} {array.shape} {item.rate}\0".encode()
            return "array:" + hashlib.sha256(head + array.tobytes()).hexdigest()
    return None
