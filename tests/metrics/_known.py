"""Distributions whose mutual information is known, in nats."""

import math

import numpy as np
from scipy import integrate, stats
from scipy.special import digamma, gammaln


def gaussian_pair(n, d, rho, rng):
    """d independent pairs of normals of correlation rho."""
    x = rng.normal(size=(n, d))
    return x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=(n, d))


def gaussian_truth(d, rho):
    return -0.5 * d * math.log(1 - rho**2)


def uniform_noise(n, half_width, rng):
    """x uniform on [0, 1] and y = x + noise, uniform on ±half_width."""
    x = rng.uniform(size=(n, 1))
    return x, x + rng.uniform(-half_width, half_width, size=(n, 1))


def uniform_truth(half_width):
    """h(y) - h(noise), y being a trapezoid."""
    if half_width <= 0.5:
        return half_width - math.log(2 * half_width)
    return 1 / (4 * half_width)


def student_pair(n, d, rho, freedom, rng):
    """Gaussian pairs divided by one chi variable: heavy tails that come together."""
    x, y = gaussian_pair(n, d, rho, rng)
    scale = np.sqrt(freedom / rng.chisquare(freedom, n))[:, None]
    return x * scale, y * scale


def student_truth(d, rho, freedom):
    """Of the multivariate t distribution (Arellano-Valle et al., 2013)."""

    def part(v):
        return gammaln(v / 2) - v / 2 * digamma(v / 2)

    tails = part(freedom) + part(freedom + 2 * d) - 2 * part(freedom + d)
    return gaussian_truth(d, rho) + tails


def class_mixture(n, d, apart, n_classes, rng):
    """Unit normals, equally likely, in a row along the first of d dimensions."""
    y = rng.integers(n_classes, size=n)
    X = rng.normal(size=(n, d))
    X[:, 0] += apart * (y - (n_classes - 1) / 2)
    return X, y


def mixture_truth(apart, n_classes):
    means = apart * (np.arange(n_classes) - (n_classes - 1) / 2)

    def integrand(x):
        densities = stats.norm.pdf(x, means)
        mixture = densities.mean()
        return sum(p / n_classes * math.log(p / mixture) for p in densities if p > 0)

    return integrate.quad(integrand, means.min() - 9, means.max() + 9, limit=200)[0]
