"""Networks of the GAN: generator, critic, heads for pairs of modalities; stacks of them."""

import math
from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def hidden_stack(
    n_inputs: int, hidden_layer_sizes: Sequence[int]
) -> tuple[nn.Sequential, int]:
    """Return linear layers with leaky rectifiers between, and the width that comes out.

    Leaky, since a critic whose units die stops telling the generator anything.
    """
    layers: list[nn.Module] = []
    width = n_inputs
    for size in hidden_layer_sizes:
        layers += [nn.Linear(width, size), nn.LeakyReLU(0.2, inplace=True)]
        width = size
    return nn.Sequential(*layers), width


class ResidualGenerator(nn.Module):
    """The r of G(z, t) = u + r(u, z, codes, t), which is 0 before training.

    u is a sample of the prior in whitened space, so that the untrained generator is the
    prior. The last layer begins at zero, its input does not, so that its gradient is not
    zero. Weights of the targets begin larger than the others, so that it depends on them.

    The network sees ``n_features`` whitened directions and ``n_latent`` further inputs:
    context, flags, noise z and the continuous codes together. It has one hidden layer at
    least.
    """

    def __init__(
        self,
        n_features: int,
        n_targets: int,
        n_latent: int,
        hidden_layer_sizes: Sequence[int],
    ):
        super().__init__()
        self.n_features, self.n_targets, self.n_latent = n_features, n_targets, n_latent
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        first, *rest = hidden_layer_sizes
        self.enter = nn.Linear(n_features + n_latent + n_targets, first)
        with torch.no_grad():
            self.enter.weight[:, -n_targets:].normal_()
        self.trunk, width = hidden_stack(first, rest)
        self.leave = nn.Linear(width, n_features)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, prior: Tensor, latent: Tensor, targets: Tensor) -> Tensor:
        """Return the residual (n, n_features) of whitened samples of the prior."""
        hidden = self.enter(torch.cat([prior, latent, targets], dim=-1))
        return self.leave(self.trunk(functional.leaky_relu(hidden, 0.2)))


class CriticOutput(NamedTuple):
    """Output of the critic on n rows."""

    score: Tensor  # (n,), realness given the target; higher is more real
    class_logits: Tensor  # (n, n_targets): Q(c | x), unnormalised
    # (n, n_codes), the Gaussian Q(code | x)
    code_mean: Tensor
    code_log_variance: Tensor


class Critic(nn.Module):
    """D(x, c) and Q(c, codes | x) with a shared trunk.

    D is a projection discriminator (Miyato and Koyama, 2018): a score of the row plus
    the inner product of the trunk's output with a linear map of the target codes, and of
    the context (n_context columns) if there is one; Q never sees it. All heads are one
    matrix product.
    """

    def __init__(
        self,
        n_features: int,
        n_targets: int,
        n_codes: int,
        hidden_layer_sizes: Sequence[int],
        n_context: int = 0,
    ):
        super().__init__()
        self.hidden_layer_sizes = tuple(hidden_layer_sizes)
        self.n_targets = n_targets
        self.n_context = n_context
        self.n_features = n_features
        self.n_codes = n_codes
        self.trunk, width = hidden_stack(n_features, hidden_layer_sizes)
        self.heads = nn.Linear(width, 1 + 2 * n_targets + 2 * n_codes)
        self.context: nn.Linear | None = None
        if n_context:
            self.context = nn.Linear(n_context, width, bias=False)
            nn.init.zeros_(self.context.weight)

    def forward(
        self, rows: Tensor, targets: Tensor, context: Tensor | None = None
    ) -> CriticOutput:
        """Score rows (n, n_features) given targets (n, n_targets) and context."""
        hidden = self.trunk(rows)
        outputs = self.heads(hidden).float()
        realness, by_target, class_logits, code_mean, code_log_variance = torch.split(
            outputs, [1, self.n_targets, self.n_targets, self.n_codes, self.n_codes], dim=-1
        )
        score = realness.squeeze(-1) + (by_target * targets).sum(dim=-1)
        if self.context is not None:
            score = score + (hidden * self.context(context)).sum(dim=-1).float()
        return CriticOutput(
            score, class_logits, code_mean, code_log_variance.clamp(-6.0, 6.0)
        )


# ---------------------------------------------------------------- pairs of modalities

_WIDTH = 64
_N_COMPONENTS = 16
_TARGET_SCALE = 0.3


class TargetNetwork(nn.Module):
    """A network whose first layer depends on the target, in scale and in offset.

    Modalities may depend on each other in another way in each class: this dependence may
    even be all that distinguishes the classes.
    """

    def __init__(self, n_features: int, n_targets: int, n_outputs: int):
        super().__init__()
        self.enter = nn.Linear(n_features, _WIDTH)
        self.of_target = nn.Linear(n_targets, 2 * _WIDTH, bias=False)
        self.hidden = nn.Linear(_WIDTH, _WIDTH)
        self.leave = nn.Linear(_WIDTH, n_outputs)
        nn.init.normal_(self.of_target.weight, std=_TARGET_SCALE)

    def forward(self, rows: Tensor, targets: Tensor) -> Tensor:
        """Map ``rows`` (n, n_features) of ``targets`` (n, n_targets) to (n, n_outputs)."""
        scale, offset = self.of_target(targets).chunk(2, dim=1)
        entered = torch.addcmul(offset, self.enter(rows), 1 + scale)
        hidden = self.hidden(functional.leaky_relu(entered, 0.2))
        return self.leave(functional.leaky_relu(hidden, 0.2))


class ContrastiveHeads(nn.Module):
    """Scores of pairs of rows of two modalities, given the target.

    ``n_features`` are the columns of each modality.
    """

    def __init__(self, n_features: Sequence[int], n_targets: int):
        super().__init__()
        # One more output: the offset that a row adds to all its scores.
        self.networks = nn.ModuleList(
            TargetNetwork(n, n_targets, _N_COMPONENTS + 1) for n in n_features
        )

    def forward(self, rows: Sequence[Tensor], targets: Tensor) -> tuple[Tensor, ...]:
        """Return the codes of the rows of each modality, (n, n_components + 1) each.

        The last column is the offset that a row adds to all its scores.
        """
        return tuple(
            network(part, targets).float()
            for network, part in zip(self.networks, rows, strict=True)
        )

    @staticmethod
    def scores(first: Tensor, second: Tensor) -> Tensor:
        """Return the score of each code of one with each of the other, (..., n, m)."""
        one, one_offset = first.tensor_split([_N_COMPONENTS], dim=-1)
        other, other_offset = second.tensor_split([_N_COMPONENTS], dim=-1)
        products = one @ other.transpose(-1, -2) / math.sqrt(_N_COMPONENTS)
        return products + one_offset + other_offset.transpose(-1, -2)


class GaussianHead(nn.Module):
    """The Gaussian q(t | h, c) of the rows of a second modality given the first.

    ``n_features`` are the columns of h and of t.
    """

    def __init__(self, n_features: Sequence[int], n_targets: int):
        super().__init__()
        first, self.n_outputs = n_features
        self.network = TargetNetwork(first, n_targets, 2 * self.n_outputs)
        # Before training q knows nothing: mean 0 and variance 1, as whitened rows have.
        nn.init.zeros_(self.network.leave.weight)
        nn.init.zeros_(self.network.leave.bias)

    def forward(self, first: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of t, (n, n_features[1]) each."""
        outputs = self.network(first, targets).float()
        mean, log_variance = torch.split(outputs, self.n_outputs, dim=1)
        return mean, log_variance.clamp(-6.0, 6.0)


# ---------------------------------------------------------------- many as one


class StackedLinear(nn.Module):
    """``n_models`` linear layers; weight (n_models, n_outputs, n_inputs)."""

    def __init__(self, weight: Tensor, bias: Tensor | None):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (n_models, n, n_inputs) to (n_models, n, n_outputs)."""
        if self.bias is None:
            return torch.bmm(inputs, self.weight.mT)
        return torch.baddbmm(self.bias[:, None], inputs, self.weight.mT)


def stack_modules(modules: Sequence[ModuleT]) -> ModuleT:
    """Join networks of one shape into one that takes inputs with a leading model axis.

    The networks are made of linear layers and what has no weights (a TypeError otherwise),
    and their ``forward`` works on trailing axes. The joined network is of the same class,
    its ``state_dict`` has the same names, each tensor with a first axis of
    ``len(modules)``.
    """
    joined = deepcopy(modules[0])
    for path, layer in list(joined.named_modules()):
        if next(layer.parameters(recurse=False), None) is None:
            continue
        alike = [module.get_submodule(path) for module in modules]
        parent_path, _, name = path.rpartition(".")
        setattr(joined.get_submodule(parent_path), name, _stack_layers(path, alike))
    return joined


def _stack_layers(path: str, layers: Sequence[nn.Module]) -> nn.Module:
    def stacked(name: str) -> Tensor:
        return torch.stack([getattr(layer, name).detach() for layer in layers])

    first = layers[0]
    if isinstance(first, nn.Linear):
        bias = None if first.bias is None else stacked("bias")
        return StackedLinear(stacked("weight"), bias)
    raise TypeError(
        f"Only linear layers can be stacked; {path} is a {type(first).__name__}."
    )


def load_model(module: nn.Module, stack: nn.Module, index: int) -> None:
    """Copy the weights of one model of a stack into a single network."""
    state = {name: tensor[index] for name, tensor in stack.state_dict().items()}
    module.load_state_dict(state)
