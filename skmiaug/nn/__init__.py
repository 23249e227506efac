"""Small torch modules."""

from skmiaug.nn._critic import Critic, CriticOutput
from skmiaug.nn._generator import ResidualGenerator
from skmiaug.nn._mlp import hidden_stack
from skmiaug.nn._pair_heads import ContrastiveHeads, GaussianHead
from skmiaug.nn._projection import (
    AlignmentNetwork,
    AlignmentOutput,
    ProjectionHead,
    on_sphere,
    shared_code,
)
from skmiaug.nn._stacked import StackedLinear, load_model, stack_modules
from skmiaug.nn._timestep_backbones import (
    Drop,
    channel_dropout,
    keep_all,
    rotary_angles,
    rotate,
)
from skmiaug.nn._timestep_encoder import (
    BACKBONES,
    POOLINGS,
    SequenceHead,
    TimestepArchitecture,
    TimestepEncoder,
    pool_timesteps,
    pooled_width,
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
