"""When ``dtype="auto"`` takes bfloat16: fast hardware, and a result that stays close."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from skmiaug.feature_extraction._loading import release

# Stated bound on ||bfloat16 - float32|| / ||float32|| of a feature vector. The probe must
# stay within half of it, since other inputs may do worse: of real clips through Whisper's
# encoder the worst had 0.027 where the probe had 0.01.
BFLOAT16_TOLERANCE = 0.05
PROBE_LIMIT = BFLOAT16_TOLERANCE / 2
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
PROBE_TEXT = "The quick brown fox jumps over the lazy dog, and then it rests for a while."
_PROBE_SECONDS = 2.0


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrix products in bfloat16 are much faster than in float32 there."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # AMX, or AVX-512 with bfloat16 products. The queries are not in every torch.
        queries = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return any(getattr(torch.cpu, query, lambda: False)() for query in queries)
    return False


def probe_clip(rate: int) -> np.ndarray:
    """Two seconds that resemble speech: a voiced tone with syllables, and some noise."""
    time = np.arange(int(_PROBE_SECONDS * rate)) / rate
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.8 * time)  # Hz
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    harmonics = np.arange(1, 15)[:, None]
    voice = (np.sin(harmonics * phase) / harmonics).sum(axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 3 * time), 0, None)
    noise = np.random.RandomState(0).standard_normal(time.size)
    return (0.1 * voice * syllables + 0.003 * noise).astype(np.float32)


def relative_error(feature: np.ndarray, exact: np.ndarray) -> float:
    """||feature - exact|| / ||exact||, in double precision."""
    feature, exact = feature.astype(np.float64), exact.astype(np.float64)
    return float(np.linalg.norm(feature - exact) / max(float(np.linalg.norm(exact)), 1e-12))


def measure_bfloat16(extract: Callable[[torch.dtype], Sequence]) -> float:
    """Relative error of the probe's features in bfloat16.

    Parameters
    ----------
    extract : callable
        Takes a dtype; gives the feature vector of the probe and the loaded model.

    Returns
    -------
    error : float
        Infinite if the model does not run in bfloat16. Of the two models the one that
        will not be used is given up.
    """
    exact, loaded_exact = extract(torch.float32)
    try:
        fast, loaded_fast = extract(torch.bfloat16)
    except (RuntimeError, NotImplementedError):
        return float("inf")
    error = relative_error(fast, exact)
    error = error if np.isfinite(error) else float("inf")
    release(loaded_exact if error <= PROBE_LIMIT else loaded_fast)
    return error
