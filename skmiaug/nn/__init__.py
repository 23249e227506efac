"""Small torch modules."""

from skmiaug.nn._gan import (
    ContrastiveHeads,
    Critic,
    CriticOutput,
    GaussianHead,
    ResidualGenerator,
    hidden_stack,
)
from skmiaug.nn._projection import (
    AlignmentNetwork,
    AlignmentOutput,
    ProjectionHead,
    on_sphere,
    shared_code,
)
from skmiaug.nn._stacked import StackedLinear, load_model, stack_modules
from skmiaug.nn._timesteps import (
    BACKBONES,
    POOLINGS,
    Drop,
    SequenceHead,
    TimestepArchitecture,
    TimestepEncoder,
    channel_dropout,
    keep_all,
    pool_timesteps,
    pooled_width,
    rotary_angles,
    rotate,
)

__all__ = [
    "BACKBONES",
    "POOLINGS",
    "AlignmentNetwork",
    "AlignmentOutput",
    "ContrastiveHeads",
    "Critic",
    "CriticOutput",
    "Drop",
    "GaussianHead",
    "ProjectionHead",
    "ResidualGenerator",
    "SequenceHead",
    "StackedLinear",
    "TimestepArchitecture",
    "TimestepEncoder",
    "channel_dropout",
    "hidden_stack",
    "keep_all",
    "load_model",
    "on_sphere",
    "pool_timesteps",
    "pooled_width",
    "rotary_angles",
    "rotate",
    "shared_code",
    "stack_modules",
]
