"""The prior: Z = T M + noise, with shrunken coefficients M.

With one-hot codes T the rows of M are shrunken class means and the prior is a
class-conditional Gaussian. The noise has covariance I within each group of columns (they
are whitened) and the cross-covariance of the groups between them. What else it may have is
described in ``_noise``.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skmiaug.base import require_array, require_state
from skmiaug.over_sampling.prior._noise import NOISES, unbiased_residuals
from skmiaug.over_sampling.targets._regression import centre, move_to
from skmiaug.utils.tables._row_blocks import row_blocks

SINGLE_ROW_NOISE = 0.5
_NOISE_ROWS = 1024
_MAX_TABLE = 2**24


@dataclass
class Prior:
    """A closed-form generator: a shrunken regression on the targets, and noise.

    D coordinates in K groups of columns, q target codes.

    Attributes
    ----------
    widths : tuple of int
        Coordinates of each group, side by side.
    n_generated : int
        The first groups are generated; one behind them is a condition, always given.
    row_means : ndarray of shape (q, D), float32
        Least-squares coefficients: class means of the rows.
    shrinkage : ndarray of shape (D,), float64
        Share of the coefficients to take away, one for each group.
    direction_shrinkage : ndarray of shape (D,), float64
        The same by blocks of directions.
    single : ndarray of shape (q, K), bool
        Targets of a single row: they are not shrunken, and their noise is halved.
    mi_weight : float
        λ: how far ``direction_shrinkage`` takes the place of ``shrinkage``, see ``means``.
    sizes : tuple of int
        How many leading coordinates of each group may correlate with other groups.
    correlation : ndarray of shape (sum of sizes,) * 2, float32, or None
        Covariance of these coordinates; None with a single group.
    noise : {"gaussian", "class_gaussian", "residuals", "class_residuals"}
    bandwidth : float
        Share of the Gaussian noise that all classes have in common; the mean of the
        classes for "class_gaussian".
    given_bandwidth : float or None
        Bandwidth of the condition where it is not passed; None without condition.
    class_noise : ndarray of shape (2, q), float64, or None
        For "class_gaussian": weight of the covariance of each class, and variance of the
        Gaussian noise added to it.
    residuals : ndarray of shape (n, D), float32, or None
        Training rows less their regression, of unit variance unless there is a condition;
        None where no sample uses them.
    order : ndarray of shape (n,)
        Their numbers, sorted by class.
    class_begin : ndarray of shape (q + 1,)
        Where each class begins in ``order``.
    """

    widths: tuple[int, ...]
    n_generated: int
    row_means: np.ndarray
    shrinkage: np.ndarray
    direction_shrinkage: np.ndarray
    single: np.ndarray
    mi_weight: float
    sizes: tuple[int, ...]
    correlation: np.ndarray | None
    noise: str
    bandwidth: float
    given_bandwidth: float | None
    class_noise: np.ndarray | None
    residuals: np.ndarray | None
    order: np.ndarray
    class_begin: np.ndarray

    # ------------------------------------------------------------ means

    def kept_share(self, mi_weight: float | None = None) -> np.ndarray:
        """Return the share of the coefficients that is kept, (q, D) float32.

        With λ = ``mi_weight``, s the share of all coefficients that is noise and s_b that
        of a block of directions b, it is

            1 - s - min(λ, 1) (s_b - s).

        From λ = 1 on each block keeps what surely indicates the target. Samples near rows
        of the class ("class_residuals") keep √(1 - bandwidth²) of what is taken: they would
        miss the rows otherwise.
        """
        weight = min(self.mi_weight if mi_weight is None else mi_weight, 1.0)
        taken = self.shrinkage + weight * (self.direction_shrinkage - self.shrinkage)
        if self.noise == "class_residuals":
            taken = (1 - (1 - self.bandwidth**2) ** 0.5) * taken
        by_column = np.repeat(self.single, self.widths, axis=1)
        return np.where(by_column, 1.0, 1.0 - taken).astype(np.float32)

    @cached_property
    def means(self) -> np.ndarray:
        """The shrunken coefficients M, (q, D) float32."""
        return self.kept_share() * self.row_means

    def with_mi_weight(self, mi_weight: float) -> "Prior":
        """Return this prior with another λ; the arrays are shared."""
        return replace(self, mi_weight=float(mi_weight))

    # ------------------------------------------------------------ sampling

    def sample(
        self, T: np.ndarray, *, rng: np.random.Generator, given: np.ndarray | None = None
    ) -> np.ndarray:
        """Draw a row of coordinates for each target.

        Parameters
        ----------
        T : ndarray of shape (n, q), float32
        rng : numpy.random.Generator
        given : ndarray of shape (n, D), float32, or None
            Rows with NaN in the groups to generate; the others come back as they are.

        Returns
        -------
        ndarray of shape (n, D), float32
        """
        if given is None and self.given_bandwidth is not None:
            own = self._span(self.n_generated)
            given = np.full((len(T), sum(self.widths)), np.nan, dtype=np.float32)
            given[:, own], condition = self._sample_condition(T, rng)
            Z = self.sample(T, rng=rng, given=given)
            Z[:, own] = condition
            return Z
        if given is None:
            return self._sample_whole(T, rng)
        Z = np.empty(given.shape, dtype=np.float32)
        for known, rows in self._patterns(given):
            if not known:
                Z[rows] = self._sample_whole(T[rows], rng)
            elif len(known) == len(self.widths):
                Z[rows] = given[rows]
            else:
                Z[rows] = self._sample_given(T[rows], given[rows], known, rng)
        return Z

    def target_log_density(self, given: np.ndarray) -> np.ndarray:
        """Return the log density of given groups under each target, (n, q).

        Up to a constant of each row; NaN in the groups that are not given.
        """
        log_density = np.zeros((len(given), len(self.means)))
        for known, rows in self._patterns(given):
            if known:
                columns = self._correlated(known)
                whitening = self._whitening(known)
                own = given[np.ix_(rows, columns)] @ whitening
                means = self.means[:, columns] @ whitening
                log_density[rows] = -0.5 * _squared_distances(own, means)
        return log_density

    def _sample_whole(self, T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = self._noise(len(T), rng)
        if self.noise == "class_gaussian":
            self._add_class_noise(noise, T, rng)
        elif self.bandwidth < 1:
            self._add_residuals(noise, self._pick_rows(T, rng))
        if self.single.any():
            centre(noise, T)
            return self._around_means(noise, T)
        centre(noise, T, self.means)
        return noise

    def _sample_given(
        self,
        T: np.ndarray,
        given: np.ndarray,
        known: tuple[int, ...],
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw the other groups given the ``known`` ones.

        All groups are drawn first. The others are then moved by their regression on the
        difference between the given part and the drawn one, which makes them samples of
        the Gaussian given that part (Matheron's rule).
        """
        noise = self._noise(len(T), rng)
        centre(noise, T)
        if self.bandwidth < 1:
            self._add_residuals(noise, self._rows_near(T, given, known, rng))
        Z = self._around_means(noise, T)
        others = tuple(k for k in range(len(self.widths)) if k not in known)
        columns = self._correlated(known)
        Z[:, self._correlated(others)] += (given[:, columns] - Z[:, columns]) @ (
            self.regression(known, others)
        )
        for k in known:
            Z[:, self._span(k)] = given[:, self._span(k)]
        return Z

    def _sample_condition(
        self, T: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the condition by itself, (n, its width): as given, and as returned.

        They differ for conditions of real rows, which are moved to the shrunken mean of
        their class before rows are generated for them.
        """
        own, bandwidth = self._span(self.n_generated), self.given_bandwidth
        assert bandwidth is not None
        noise = standard_normal((len(T), own.stop - own.start), rng)
        noise *= bandwidth
        if bandwidth < 1:
            assert self.residuals is not None
            picked = self._pick_rows(T, rng)
            noise += np.float32((1 - bandwidth**2) ** 0.5) * self.residuals[picked, own]
        if bandwidth == 0:
            real = T @ self.row_means[:, own] + noise
            return self.moved_to_means(real, T, own), real
        centre(noise, T)
        noise *= self._noise_scale(T, self.n_generated)
        condition = T @ self.means[:, own] + noise
        return condition, condition

    def _noise(self, n: int, rng: np.random.Generator) -> np.ndarray:
        noise = standard_normal((n, sum(self.widths)), rng)
        if self.correlation is not None:
            columns = self._correlated(tuple(range(len(self.widths))))
            noise[:, columns] = noise[:, columns] @ self.factor.T
        if self.noise != "class_gaussian" and self.bandwidth < 1:
            noise *= np.float32(self.bandwidth)
        return noise

    def _around_means(self, noise: np.ndarray, T: np.ndarray) -> np.ndarray:
        if self.single.any():
            for k in range(len(self.widths)):
                noise[:, self._span(k)] *= self._noise_scale(T, k)
        noise += T @ self.means
        return noise

    def _noise_scale(self, T: np.ndarray, k: int) -> np.ndarray:
        halved = T[:, self.single[:, k]].sum(axis=1)
        return (1 - (1 - SINGLE_ROW_NOISE) * halved)[:, None]

    def moved_to_means(
        self, given: np.ndarray, T: np.ndarray, columns: slice = slice(None)
    ) -> np.ndarray:
        """Return given ``columns`` moved so that their regression on ``T`` is M.

        For rows that represent their class: the mean of a few rows is mostly chance, and
        what is generated would inherit it. A row that is alone stays.
        """
        return move_to(given, T, self.means[:, columns])

    # ------------------------------------------------------------ residuals

    def attach_residuals(self, Z: np.ndarray, T: np.ndarray) -> None:
        """Keep the residuals of the rows ``Z`` (n, D), if samples use them.

        ``Z`` is overwritten, so that there is no second array of its size. Rows that lack
        a group are left out.
        """
        used = self.bandwidth < 1 or self.given_bandwidth not in (None, 1.0)
        if not used or self.residuals is not None:
            return
        complete = ~np.isnan(Z[:, first_columns(self.widths)]).any(axis=1)
        if not complete.all():
            Z, T = Z[complete], T[complete]
        if self.given_bandwidth is None:
            unbiased_residuals(Z, T, self.row_means)
        else:  # Real rows are rebuilt from theirs.
            for rows in row_blocks(len(Z)):
                Z[rows] -= T[rows] @ self.row_means
        classes = T.argmax(axis=1)
        self.residuals = Z
        self.order = np.argsort(classes, kind="stable")
        self.class_begin = np.searchsorted(classes[self.order], np.arange(T.shape[1] + 1))

    def _add_residuals(self, noise: np.ndarray, picked: np.ndarray) -> None:
        assert self.residuals is not None
        noise += np.float32((1 - self.bandwidth**2) ** 0.5) * self.residuals[picked]

    def _add_class_noise(
        self, noise: np.ndarray, T: np.ndarray, rng: np.random.Generator
    ) -> None:
        """Mix normals of the covariance of each sample's class into ``noise``."""
        assert self.class_noise is not None
        classes = _classes_of(T, rng)
        for c in np.unique(classes):
            places, (weight, scale) = np.flatnonzero(classes == c), self.class_noise[:, c]
            noise[places] *= np.float32(((1 - weight) * scale) ** 0.5)
            if weight > 0:
                if c not in self._class_roots:
                    self._class_roots[c] = self._root_of_class(c)
                root = self._class_roots[c]
                own = rng.standard_normal((len(places), len(root)), dtype=np.float32)
                noise[places] += np.float32(weight**0.5) * (own @ root)

    @cached_property
    def _class_roots(self) -> dict[int, np.ndarray]:
        return {}

    def _root_of_class(self, c: int) -> np.ndarray:
        """Return R with Rᵀ R the covariance of the residuals of a class."""
        assert self.residuals is not None
        own = self.residuals[self._rows_of(c)] / np.float32(len(self._rows_of(c)) ** 0.5)
        if len(own) <= own.shape[1]:
            return own
        return np.asarray(np.linalg.qr(own, mode="r"))

    def _rows_of(self, c: int) -> np.ndarray:
        """Return the numbers of the rows whose residuals a class uses.

        Its own, or those of all where it leads in none or the family borrows them.
        """
        if self.noise == "residuals":
            return self.order
        own = self.order[self.class_begin[c] : self.class_begin[c + 1]]
        return own if len(own) else self.order

    def _pick_rows(self, T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Pick rows for each target, each of a class as often as any other (±1)."""
        classes = np.zeros(len(T), dtype=np.intp)
        if self.noise != "residuals":
            classes = _classes_of(T, rng)
        picked = np.empty(len(T), dtype=np.intp)
        for c in np.unique(classes):
            own, places = self._rows_of(c), np.flatnonzero(classes == c)
            rounds = -(-len(places) // len(own))
            shuffled = np.concatenate([rng.permutation(own) for _ in range(rounds)])
            picked[places] = shuffled[: len(places)]
        return picked

    def _rows_near(
        self,
        T: np.ndarray,
        given: np.ndarray,
        known: tuple[int, ...],
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw the row near each sample from its posterior given the known part."""
        assert self.residuals is not None
        columns, whitening = self._correlated(known), self._whitening(known)
        weight = np.float32((1 - self.bandwidth**2) ** 0.5)
        noise = (given[:, columns] - T @ self.means[:, columns]) @ whitening
        classes = _classes_of(T, rng)
        picked = np.empty(len(T), dtype=np.intp)
        for c in np.unique(classes):
            own, places = self._rows_of(c), np.flatnonzero(classes == c)
            centres = weight * self.residuals[np.ix_(own, columns)] @ whitening
            for block in row_blocks(len(places), max(_MAX_TABLE // len(own), 1)):
                log_weight = _squared_distances(noise[places[block]], centres)
                log_weight /= -2 * self.bandwidth**2
                # The largest of log weight plus Gumbel noise is a draw by these weights.
                log_weight += rng.gumbel(size=log_weight.shape)
                picked[places[block]] = own[log_weight.argmax(axis=1)]
        return picked

    # ------------------------------------------------------------ groups

    @cached_property
    def factor(self) -> np.ndarray:
        """Lower triangular F with F Fᵀ the correlation."""
        assert self.correlation is not None
        return np.linalg.cholesky(self.correlation.astype(float)).astype(np.float32)

    def regression(self, known: tuple[int, ...], others: tuple[int, ...]) -> np.ndarray:
        """Return what moves the correlated coordinates of others per unit of known ones."""
        assert self.correlation is not None
        a, b = self._in_correlation(known), self._in_correlation(others)
        C = self.correlation.astype(float)
        return np.linalg.solve(C[np.ix_(a, a)], C[np.ix_(a, b)]).astype(np.float32)

    def _whitening(self, groups: tuple[int, ...]) -> np.ndarray:
        """Return W so that the noise of the correlated coordinates of groups is white."""
        assert self.correlation is not None
        a = self._in_correlation(groups)
        C = self.correlation[np.ix_(a, a)].astype(float)
        return np.linalg.inv(np.linalg.cholesky(C)).T.astype(np.float32)

    def leading(
        self, groups: tuple[int, ...], sizes: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the first ``sizes`` columns of groups: of all, of the correlation."""
        begin, inner = np.cumsum([0, *self.widths]), np.cumsum([0, *self.sizes])
        return (
            np.concatenate([begin[k] + np.arange(sizes[k]) for k in groups]),
            np.concatenate([inner[k] + np.arange(sizes[k]) for k in groups]),
        )

    def _correlated(self, groups: tuple[int, ...]) -> np.ndarray:
        return self.leading(groups, self.sizes)[0]

    def _in_correlation(self, groups: tuple[int, ...]) -> np.ndarray:
        return self.leading(groups, self.sizes)[1]

    def _span(self, k: int) -> slice:
        begin = sum(self.widths[:k])
        return slice(begin, begin + self.widths[k])

    def _patterns(self, given: np.ndarray) -> list[tuple[tuple[int, ...], np.ndarray]]:
        """Return each set of known groups with the numbers of its rows."""
        known = ~np.isnan(given[:, first_columns(self.widths)])
        patterns, which = np.unique(known, axis=0, return_inverse=True)
        return [
            (tuple(np.flatnonzero(pattern).tolist()), np.flatnonzero(which == i))
            for i, pattern in enumerate(patterns)
        ]

    def check(self) -> None:
        """Raise ValueError if the arrays do not belong together."""
        q, D, K = len(self.row_means), sum(self.widths), len(self.widths)
        m = sum(self.sizes)
        require_array("row_means", self.row_means, (q, D), "float32")
        require_array("shrinkage", self.shrinkage, (D,))
        require_array("direction_shrinkage", self.direction_shrinkage, (D,))
        require_array("single", self.single, (q, K), "b")
        require_state(len(self.sizes) == K, "sizes")
        sizes = zip(self.sizes, self.widths, strict=True)
        require_state(all(0 < size <= width for size, width in sizes), "sizes")
        require_state(0 < self.n_generated <= K, "n_generated")
        require_state((self.correlation is None) == (K == 1), "correlation")
        if self.correlation is not None:
            require_array("correlation", self.correlation, (m, m))
            np.linalg.cholesky(self.correlation.astype(float))
        require_state(self.noise in NOISES, "noise")
        require_state(0 < self.bandwidth <= 1, "bandwidth")
        by_class = self.noise == "class_gaussian"
        require_state((self.class_noise is not None) == by_class, "class_noise")
        if self.class_noise is not None:
            require_array("class_noise", self.class_noise, (2, q))
            weight, scale = self.class_noise
            require_state((weight >= 0).all() and (weight < 1).all(), "class_noise")
            require_state((scale > 0).all(), "class_noise")
        require_state(0 <= (self.given_bandwidth or 0) <= 1, "given_bandwidth")
        conditioned = self.n_generated < K
        require_state((self.given_bandwidth is not None) == conditioned, "given_bandwidth")
        uses_rows = self.bandwidth < 1 or self.given_bandwidth not in (None, 1.0)
        require_state((self.residuals is not None) == uses_rows, "residuals")
        if self.residuals is not None:
            n = len(self.residuals)
            require_array("residuals", self.residuals, (n, D), "float32")
            require_array("order", self.order, (n,), "iu")
            require_array("class_begin", self.class_begin, (q + 1,), "iu")
            require_state((np.sort(self.order) == np.arange(n)).all(), "order")
            begin = self.class_begin.astype(np.int64)
            rising = (np.diff(begin) >= 0).all()
            require_state(rising and begin[0] == 0 and begin[-1] == n, "class_begin")


def standard_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw float32 normals by several threads; the bits do not depend on their number."""
    noise = np.empty(shape, dtype=np.float32)
    blocks = list(row_blocks(len(noise), _NOISE_ROWS))
    if len(blocks) == 1:
        return rng.standard_normal(out=noise, dtype=np.float32)

    def fill(block: slice, own: np.random.Generator) -> None:
        own.standard_normal(out=noise[block], dtype=np.float32)

    with ThreadPoolExecutor(min(len(blocks), 8)) as pool:
        list(pool.map(fill, blocks, rng.spawn(len(blocks))))
    return noise


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    products = rows @ others.T
    products *= -2
    products += np.square(rows).sum(axis=1)[:, None]
    products += np.square(others).sum(axis=1)
    return products


def first_columns(widths: tuple[int, ...]) -> np.ndarray:
    """Return where the coordinates of each group begin."""
    return np.cumsum([0, *widths[:-1]])


def _classes_of(T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a class index (n,) for each target, drawn by its shares."""
    classes = T.argmax(axis=1)
    mixed = np.flatnonzero(np.count_nonzero(T, axis=1) > 1)
    if len(mixed):
        cumulative = T[mixed].cumsum(axis=1)
        uniform = rng.random(len(mixed)) * cumulative[:, -1]
        classes[mixed] = (cumulative < uniform[:, None]).sum(axis=1)
    return classes
