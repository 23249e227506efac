"""Features of a list of inputs in one process: cache, reading, batches, pooling."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from skmiaug.feature_extraction._build import (
    build_encoder,
    encode_pooled,
    merge_blocks,
    open_cache,
    resolve_dtype,
)
from skmiaug.feature_extraction._cache import FeatureCache, content_digest
from skmiaug.feature_extraction._chunks import plan_batches
from skmiaug.feature_extraction._encoders import Encoder, TextEncoder, Unit
from skmiaug.feature_extraction._items import Item
from skmiaug.feature_extraction._reading import chunk_samples, read_units
from skmiaug.feature_extraction._spec import ExtractionSpec
from skmiaug.feature_extraction._speech_encoders import SpeechEncoder

# Inputs are read ahead and sorted by length within a stretch of this much audio or this
# many inputs, whichever comes first: about 40 MB of samples.
_STRETCH_SECONDS = 600.0
_STRETCH_INPUTS = 4096


@dataclass
class ShardResult:
    """What one shard gives back.

    Parameters
    ----------
    features : ndarray of shape (n_items, n_features), float32
        Rows of failed inputs are NaN.
    failures : list of str
        What was wrong with the inputs that failed.
    """

    features: np.ndarray
    failures: list[str] = field(default_factory=list)
    n_cached: int = 0
    n_damaged: int = 0
    n_truncated: int = 0
    seconds: float = 0.0


def extract_shard(
    spec: ExtractionSpec,
    items: Sequence[Item],
    on_done: Callable[[int], object] = lambda n: None,
) -> ShardResult:
    """Extract the features of ``items``.

    Parameters
    ----------
    spec : ExtractionSpec
    items : sequence of Item
    on_done : callable
        Told the number of inputs each time some are finished.

    Raises
    ------
    AudioDecodeError, ValueError
        With ``on_error="raise"``, at the first input that cannot be used, or of which the
        model makes NaN or infinities.
    """
    return _Extraction(spec, items, on_done).run()


class _Extraction:
    def __init__(
        self, spec: ExtractionSpec, items: Sequence[Item], on_done: Callable[[int], object]
    ) -> None:
        self.spec, self.items, self.on_done = spec, items, on_done
        features = np.full((len(items), spec.n_features), np.nan, dtype=np.float32)
        self.result = ShardResult(features)
        self.digests: dict[int, str] = {}
        self.seconds: dict[int, float] = {}

    def run(self) -> ShardResult:
        if not self.items:
            return self.result
        dtype = resolve_dtype(self.spec)
        cache = open_cache(self.spec, dtype)
        missing = list(range(len(self.items)))
        if cache is not None:
            missing = [i for i in missing if not self._from_cache(cache, i)]
            self.result.n_cached = len(self.items) - len(missing)
            self.on_done(self.result.n_cached)
        if missing:
            self._compute(missing, dtype, cache)
        if cache is not None:
            self.result.n_damaged = cache.n_damaged
        return self.result

    def _from_cache(self, cache: FeatureCache, i: int) -> bool:
        digest = content_digest(self.items[i])
        if digest is None:
            return False
        self.digests[i] = digest
        vector = cache.get(
            digest, size=self.spec.n_features, max_seconds=self.spec.max_duration
        )
        if vector is None:
            return False
        self.result.features[i] = vector
        return True

    def _compute(
        self, missing: list[int], dtype: torch.dtype, cache: FeatureCache | None
    ) -> None:
        encoder = build_encoder(self.spec, dtype)
        if isinstance(encoder, SpeechEncoder):
            # A bad chunk_length is no input's fault.
            chunk_samples(encoder.limits, self.spec)
        for stretch in self._stretches(missing, encoder):
            self._encode(stretch, encoder, cache)
        if isinstance(encoder, TextEncoder):
            self.result.n_truncated = encoder.n_truncated

    def _stretches(
        self, missing: list[int], encoder: Encoder
    ) -> Iterator[list[tuple[int, list[Unit]]]]:
        stretch: list[tuple[int, list[Unit]]] = []
        held = 0.0
        for i in missing:
            try:
                units, seconds = read_units(self.items[i], encoder, self.spec)
            except ValueError as error:
                self._fail(error)
                continue
            stretch.append((i, units))
            self.seconds[i] = seconds
            held += seconds
            self.result.seconds += seconds
            if held >= _STRETCH_SECONDS or len(stretch) >= _STRETCH_INPUTS:
                yield stretch
                stretch, held = [], 0.0
        if stretch:
            yield stretch

    def _fail(self, error: ValueError) -> None:
        if self.spec.on_error == "raise":
            raise error
        self.result.failures.append(str(error))
        self.on_done(1)

    def _encode(
        self,
        stretch: list[tuple[int, list[Unit]]],
        encoder: Encoder,
        cache: FeatureCache | None,
    ) -> None:
        """Encode the units of a stretch, and finish each input with its last unit."""
        owners = [(i, k) for i, own in stretch for k in range(len(own))]
        units = [unit for _, own in stretch for unit in own]
        chunks: dict[int, dict[int, tuple[np.ndarray, int]]] = {i: {} for i, _ in stretch}
        n_chunks = {i: len(own) for i, own in stretch}
        for batch in self._batches(units, encoder):
            pooled, lengths = encode_pooled(encoder, [units[u] for u in batch], self.spec)
            for row, u in enumerate(batch):
                i, k = owners[u]
                chunks[i][k] = pooled[row], lengths[row]
                if len(chunks[i]) == n_chunks[i]:
                    self._finish(i, chunks.pop(i), cache)

    def _batches(self, units: list[Unit], encoder: Encoder) -> list[list[int]]:
        budget = float("inf")
        if isinstance(encoder, SpeechEncoder):
            budget = self.spec.batch_seconds * encoder.rate
        return plan_batches(
            [encoder.length(unit) for unit in units],
            batch_size=self.spec.batch_size,
            budget=budget,
            may_pad=encoder.may_pad,
            cost=encoder.cost,
        )

    def _finish(
        self, i: int, chunks: dict[int, tuple[np.ndarray, int]], cache: FeatureCache | None
    ) -> None:
        pooled, lengths = zip(*(chunks[k] for k in range(len(chunks))), strict=True)
        vector = merge_blocks(pooled, lengths, self.spec)
        n_bad = np.count_nonzero(~np.isfinite(vector))
        if n_bad:
            self._fail(
                ValueError(
                    f"{self.items[i].name}: expected finite features, the model gave NaN "
                    f"or inf in {n_bad} of {vector.size} columns; bring float samples to "
                    "the full scale of ±1, try dtype='float32', or leave the input out"
                )
            )
            return
        self.result.features[i] = vector
        if cache is not None and i in self.digests:
            cache.put(self.digests[i], vector, self.seconds[i])
        self.on_done(1)
