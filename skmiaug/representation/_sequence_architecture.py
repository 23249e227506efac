"""Where a fine-tuned estimator has its network from."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.utils.validation import check_is_fitted

from skmiaug.nn import TimestepArchitecture
from skmiaug.representation._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation._masked_fit import SequenceSpace, build_encoder
from skmiaug.representation._sequence_input import Sequences, check_width
from skmiaug.representation._sequence_scale import SequenceScale

SHAPE_PARAMETERS = ("backbone", "hidden_size", "n_layers", "n_heads", "pooling", "clip")


@dataclass(frozen=True)
class StartingPoint:
    """What fine-tuning begins with.

    Attributes
    ----------
    architecture : TimestepArchitecture
    pooling : str
    clip : float
        For the scale, where none is given.
    pretrained : SequenceSpace or None
    """

    architecture: TimestepArchitecture
    pooling: str
    clip: float
    pretrained: SequenceSpace | None

    def space(self, sequences: Sequences, seed: int, device: torch.device) -> SequenceSpace:
        """Return a scale, and an encoder on ``device`` that is free to be changed."""
        if self.pretrained is not None:
            encoder = copy.deepcopy(self.pretrained.encoder)
            scale = self.pretrained.scale
        else:
            encoder = build_encoder(self.architecture, seed)
            scale = SequenceScale.fit(sequences.steps, self.clip)
        return SequenceSpace(scale, encoder.to(device).requires_grad_(True))


def resolve_start(estimator: Any, sequences: Sequences) -> StartingPoint:
    """Take the network from ``pretrained``, or its shape from the parameters.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        ``pretrained`` is not fitted.
    ValueError
        It expects other features, or a parameter says something else of its shape.
    """
    given = {name: getattr(estimator, name) for name in SHAPE_PARAMETERS}
    pretrained = unwrapped(estimator.pretrained)
    if pretrained is None:
        source = MaskedTimestepEncoder()
        known = {name: getattr(source, name) for name in SHAPE_PARAMETERS}
    else:
        check_is_fitted(
            pretrained,
            "_space",
            msg=(
                "pretrained=%(name)s(...) is not fitted: fit it to unlabelled sequences "
                "first, or leave it None to begin at random. (A grid search clones its "
                "values: put sklearn.frozen.FrozenEstimator around the encoder there.)"
            ),
        )
        pretrained._validate_params()  # its pooling may have been set since
        check_width(sequences, pretrained.n_features_in_, "the pretrained encoder")
        known = _fitted_shape(pretrained)
    for name, value in given.items():
        if value is None:
            continue
        if pretrained is not None and value != known[name]:
            raise ValueError(
                f"{name}={value!r} was given, but the pretrained encoder has "
                f"{known[name]!r}. Leave {name} out to take the encoder's."
            )
        known[name] = value
    if pretrained is not None:
        space = pretrained._space
        return StartingPoint(
            space.encoder.architecture, known["pooling"], known["clip"], space
        )
    architecture = TimestepArchitecture(
        sequences.n_features,
        known["backbone"],
        int(known["hidden_size"]),
        int(known["n_layers"]),
        int(known["n_heads"]),
    )
    return StartingPoint(architecture, known["pooling"], float(known["clip"]), None)


def _fitted_shape(encoder: MaskedTimestepEncoder) -> dict[str, Any]:
    """Shape of a fitted encoder, whatever was set since; how it pools may be set."""
    parameters = {name: getattr(encoder, name) for name in SHAPE_PARAMETERS}
    fitted = vars(encoder._space.encoder.architecture)
    return {name: fitted.get(name, value) for name, value in parameters.items()}


def unwrapped(pretrained: Any) -> MaskedTimestepEncoder | None:
    """Return the encoder itself, out of scikit-learn's FrozenEstimator too.

    Raises
    ------
    TypeError
        It is something else.
    """
    # Searches have an ``estimator`` too, which is not the one they fitted.
    is_frozen = type(pretrained).__name__ == "FrozenEstimator"
    inner = pretrained.estimator if is_frozen else pretrained
    if inner is None or isinstance(inner, MaskedTimestepEncoder):
        return inner
    raise TypeError(
        "pretrained must be a fitted MaskedTimestepEncoder or None, got "
        f"{type(pretrained).__name__}. Of a search pass best_estimator_, of a Pipeline its "
        "step."
    )
