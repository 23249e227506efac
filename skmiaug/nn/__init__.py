"""Small torch modules."""

from skmiaug.nn._critic import Critic, CriticOutput
from skmiaug.nn._generator import ResidualGenerator
from skmiaug.nn._mlp import hidden_stack

__all__ = ["Critic", "CriticOutput", "ResidualGenerator", "hidden_stack"]
