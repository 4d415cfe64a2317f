"""A scikit-learn citizen: clone, cross-validation, grid search, pipelines, pickling, weights, any two labels, refit."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import scamrisk
from scamrisk import ScamRiskClassifier


@pytest.fixture(scope="module")
def data(stream: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    part = stream[stream["language"] == "th"]
    return part["text"].tolist(), np.where(part["label"] == 1, "scam", "fine")


def test_parameters_and_clone() -> None:
    original = ScamRiskClassifier(strength=3.0, base=None)
    copy = clone(original)
    assert copy is not original
    assert copy.get_params() == original.get_params()
    assert copy.set_params(strength=1.0).strength == 1.0


def test_fit_and_predict_with_string_labels(data: tuple[list[str], np.ndarray]) -> None:
    texts, labels = data
    classifier = ScamRiskClassifier().fit(texts, labels)
    assert list(classifier.classes_) == ["fine", "scam"]
    probability = classifier.predict_proba(texts)
    assert probability.shape == (len(texts), 2)
    assert np.allclose(probability.sum(axis=1), 1)
    assert (classifier.predict(texts) == labels).mean() > 0.85
    assert np.array_equal(classifier.decision_function(texts) > 0, probability[:, 1] > 0.5)
    assert classifier.score(texts, labels) > 0.85


def test_cross_validation_and_grid_search(data: tuple[list[str], np.ndarray]) -> None:
    texts, labels = data
    assert cross_val_score(ScamRiskClassifier(), texts, labels == "scam", cv=2, scoring="roc_auc").mean() > 0.8
    search = GridSearchCV(ScamRiskClassifier(), {"strength": [0.3, 10.0]}, cv=2).fit(texts, labels)
    assert search.best_params_["strength"] in (0.3, 10.0)


def test_in_a_pipeline_and_pickled(data: tuple[list[str], np.ndarray]) -> None:
    texts, labels = data
    pipeline = make_pipeline(FunctionTransformer(list), ScamRiskClassifier()).fit(texts, labels)
    copy = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(copy.predict_proba(texts), pipeline.predict_proba(texts))


def test_fitting_again_forgets_and_repeats(data: tuple[list[str], np.ndarray]) -> None:
    texts, labels = data
    classifier = ScamRiskClassifier(base=None)
    first = classifier.fit(texts, labels).predict_proba(texts)
    classifier.fit(texts, labels[::-1])
    assert np.array_equal(classifier.fit(texts, labels).predict_proba(texts), first)


def test_weights_count(data: tuple[list[str], np.ndarray]) -> None:
    """A message of weight zero might as well not be there; a heavy one pulls."""
    texts, labels = data
    weight = np.ones(len(texts))
    target = int(np.flatnonzero(labels == "scam")[0])
    flipped = labels.copy()
    flipped[target] = "fine"
    weight[target] = 50.0
    heavy = ScamRiskClassifier().fit(texts, flipped, sample_weight=weight).predict_proba([texts[target]])[0, 1]
    light = ScamRiskClassifier().fit(texts, flipped, sample_weight=np.where(weight > 1, 0.01, 1.0)).predict_proba([texts[target]])[0, 1]
    assert heavy < light


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        (["a b c", "d e f"], [1], "labels"),
        (["a b c", "d e f"], [1, 1], "two kinds"),
        (["a b c", "d e f", "g"], [0, 1, 2], "two kinds"),
        (["a b c", None], [0, 1], "not blank"),
        ("one text", [1], "sequence of texts"),
    ],
)
def test_bad_input_is_refused(texts: object, labels: list[int], says: str) -> None:
    with pytest.raises(scamrisk.InvalidDataError, match=says):
        ScamRiskClassifier().fit(texts, labels)  # type: ignore[arg-type]


def test_features_have_names() -> None:
    features = scamrisk.load().to_sklearn().named_steps["features"]
    names = features.get_feature_names_out()
    assert features.transform(["free travel abroad"]).shape == (1, len(names))
    assert names[-1] == "correction"
    assert "free_trip_or_visit" in names
