"""scamrisk in scikit-learn's own terms: a model as a pipeline, and a classifier that fits like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from scamrisk.errors import InvalidDataError
from scamrisk.knowledge import read_lures, read_signs
from scamrisk.language import identify
from scamrisk.model import Model, load
from scamrisk.updating import coefficients, empty_model, rows_of, update

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ScamRiskFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns texts into the rows a scamrisk model adds up: patterns, lures, combinations, and corrections.

    Stateless: everything comes from `model`. The output is a sparse matrix of shape (texts, features).
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def fit(self, X: Sequence[str], y: Any = None) -> Self:  # noqa: N803
        """Do nothing; there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features: patterns, lure ids, pairs "a + b", "correction"."""
        kinds = [k.id for k in self.model.kinds]
        pairs = [f"{kinds[a]} + {kinds[b]}" for a, b in self.model.weights.pairs]
        return np.array([*self.model.patterns, *kinds, *pairs, "correction"], dtype=object)

    def transform(self, X: Sequence[str]) -> sparse.csr_matrix:  # noqa: N803
        """Return the features of the deciding run of each text."""
        return rows_of(self.model, list(X))


def pipeline_of(model: Model) -> Pipeline:
    """Return a fitted pipeline, features then logistic regression, with the probabilities of `model`."""
    classifier = LogisticRegression()
    classifier.classes_ = np.array([0, 1])
    classifier.coef_ = coefficients(model)[None, :]
    classifier.intercept_ = np.array([model.weights.intercept])
    classifier.n_features_in_ = classifier.coef_.shape[1]
    classifier.n_iter_ = np.array([0])
    return Pipeline([("features", ScamRiskFeatures(model)), ("classifier", classifier)])


class ScamRiskClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A scikit-learn classifier of texts that starts from a scamrisk model.

    Parameters: `base`, where to start: "shipped" (default), a Model, a model folder, or None for an empty model;
    `strength`, the penalty on the distance from it (None: chosen by cross-validation); `patterns`, how many new ones may
    enter at most; `least`, in how many messages a new pattern must stand; `random_state`, the seed; `n_jobs`.

    After `fit`: `classes_` (the two labels in sorted order; the second is the risky one), `model_` (a Model), `strength_`.
    `X` is a sequence of texts. Works with `cross_val_score`, `GridSearchCV` and `Pipeline`.
    """

    def __init__(
        self,
        base: Any = "shipped",
        strength: float | None = 0.03,
        patterns: int = 3_000,
        least: int = 3,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.base = base
        self.strength = strength
        self.patterns = patterns
        self.least = least
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Sequence[str], y: Sequence[Any], sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to texts and two kinds of labels. Raises InvalidDataError for anything else."""
        texts, labels = _texts(X), np.asarray(y)
        if len(texts) != len(labels):
            raise InvalidDataError(f"{len(texts)} texts but {len(labels)} labels")
        classes, encoded = np.unique(labels, return_inverse=True)
        if len(classes) != 2:
            raise InvalidDataError(f"expected two kinds of labels, got {len(classes)}")
        weights = None if sample_weight is None else np.asarray(sample_weight, float)
        if weights is not None and (weights.shape != (len(texts),) or (weights < 0).any() or not weights.sum()):
            raise InvalidDataError("expected one sample weight for each text, none below zero")
        self.classes_ = classes
        start = empty_model([*read_lures(), *read_signs()]) if self.base is None else starting_model(self.base)
        done = update(
            start, texts, encoded, weights=weights, languages=[identify(t) for t in texts],
            strength=self.strength, patterns=self.patterns, least=self.least, seed=self.random_state, n_jobs=self.n_jobs,
        )  # fmt: skip
        self.model_, self.strength_ = done.model, done.strength
        return self

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each class, shape (texts, 2)."""
        check_is_fitted(self)
        risk = np.array([a.risk for a in self.model_.score_many(_texts(X), n_jobs=self.n_jobs)])
        return np.column_stack([1 - risk, risk])

    def decision_function(self, X: Sequence[str]) -> NDArray[np.float64]:  # noqa: N803
        """Return the log-odds of the second class."""
        check_is_fitted(self)
        return np.array([a.log_odds for a in self.model_.score_many(_texts(X), n_jobs=self.n_jobs)])

    def predict(self, X: Sequence[str]) -> NDArray[Any]:  # noqa: N803
        """Return the more probable class of each text."""
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)])


def starting_model(base: Any) -> Model:
    """Return a Model from "shipped", a Model, or the path of a model folder."""
    if isinstance(base, Model):
        return base
    return load(None if base == "shipped" else base)


def _texts(given: Any) -> list[str]:
    texts = list(np.asarray(given, dtype=object).ravel()) if not isinstance(given, str) else []
    if not texts or not all(isinstance(t, str) and t.strip() for t in texts):
        raise InvalidDataError("expected a sequence of texts, each a str that is not blank")
    return texts
