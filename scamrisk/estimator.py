"""scamrisk in scikit-learn's own terms: a model as a pipeline, and a classifier that fits like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from scamrisk.model import Model

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
        """Return the features of the deciding window of each text."""
        from scamrisk.model import features_of

        rows = [features_of(self.model, text) for text in X]
        indptr = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in rows])])
        width = len(self.get_feature_names_out())
        ids = np.concatenate([i for i, _ in rows]) if rows else np.empty(0, np.int64)
        values = np.concatenate([v for _, v in rows]) if rows else np.empty(0)
        return sparse.csr_matrix((values, ids, indptr), shape=(len(rows), width))


def pipeline_of(model: Model) -> Pipeline:
    """Return a fitted pipeline, features then logistic regression, with the probabilities of `model`."""
    w = model.weights
    classifier = LogisticRegression()
    classifier.classes_ = np.array([0, 1])
    classifier.coef_ = np.concatenate([w.tone_weight * w.weight.astype(float), w.kind_weight, w.pair_weight, [1.0]])[None, :]
    classifier.intercept_ = np.array([w.intercept])
    classifier.n_features_in_ = classifier.coef_.shape[1]
    classifier.n_iter_ = np.array([0])
    return Pipeline([("features", ScamRiskFeatures(model)), ("classifier", classifier)])
