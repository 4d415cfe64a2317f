"""Evaluation: the figures are what their names say, and what can't be measured is refused or NaN."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

import scamrisk
from scamrisk.evaluation import brier, calibration_error, intervals, lure_measures, measure, recall_at, threshold_at

Y = np.array([0] * 200 + [1] * 100, float)
P = np.concatenate([np.linspace(0.0, 0.6, 200), np.linspace(0.3, 1.0, 100)])


def test_metrics_are_those_of_scikit_learn() -> None:
    m = measure(Y, P)
    assert m["pr_auc"] == pytest.approx(average_precision_score(Y, P))
    assert m["roc_auc"] == pytest.approx(roc_auc_score(Y, P))
    weight = np.where(Y == 1, 0.5 / 100, 0.5 / 200)
    assert brier(Y, P) == pytest.approx(brier_score_loss(Y, P, sample_weight=weight))


def test_the_threshold_flags_no_more_than_the_share() -> None:
    benign = P[Y == 0]
    for share in (0.0, 0.01, 0.05, 0.5):
        assert (benign >= threshold_at(benign, share)).mean() <= share
    assert recall_at(Y, P, 0.01) == pytest.approx((P[Y == 1] >= np.sort(benign)[-2]).mean(), abs=0.02)


def test_calibration_error_is_zero_when_calibrated_and_large_when_not() -> None:
    assert calibration_error(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(0)
    assert calibration_error(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(1)


def test_intervals_hold_the_value_and_one_class_gives_nan() -> None:
    for name, (low, high) in intervals(Y, P).items():
        assert low <= high, name
    low, high = intervals(Y, P)["roc_auc"]
    assert low <= measure(Y, P)["roc_auc"] <= high
    assert all(math.isnan(v) for v in measure(np.ones(5), np.full(5, 0.5)).values())


def test_lures_are_counted_by_message() -> None:
    table = lure_measures([{"a", "b"}, {"a"}, set()], [{"a"}, {"a", "b"}, {"b"}]).set_index("lure")
    assert table.loc["a", ["precision", "recall", "messages"]].tolist() == [1, 1, 2]
    assert table.loc["b", ["precision", "recall", "messages"]].tolist() == [0, 0, 1]
    assert table.loc["micro", "f1"] == pytest.approx(2 * 2 / (4 + 3))


def test_a_frame_is_evaluated_by_slice_and_language(stream: pd.DataFrame, tmp_path: Path) -> None:
    frame = stream.assign(source=["a", "b"] * (len(stream) // 2) + ["a"] * (len(stream) % 2))
    frame.loc[len(frame)] = ["  ", 1, "g", "th", "a"]
    e = scamrisk.evaluate(None, frame, slice="source", language="language")
    assert e.unreadable == 1
    assert e.by_slice["messages"].sum() == len(stream)
    assert set(e.by_language["language"]) == {"th", "vi", "id"}
    assert e.metrics["roc_auc"] > 0.8
    assert "text" not in e.scored
    assert json.loads(json.dumps(e.to_dict()))["messages"] == len(stream)
    assert "roc_auc" in str(e)
    assert "<table" in e._repr_html_()
    assert all(p.stat().st_size > 5_000 for p in e.save_figures(tmp_path))


def test_what_can_not_be_evaluated_is_refused(stream: pd.DataFrame) -> None:
    with pytest.raises(scamrisk.InvalidDataError, match="'label'"):
        scamrisk.evaluate(None, stream.drop(columns="label"))
    with pytest.raises(scamrisk.InvalidDataError, match="not understood"):
        scamrisk.evaluate(None, stream.assign(label="other_scam"))
    with pytest.raises(scamrisk.InvalidDataError, match="no row has a text"):
        scamrisk.evaluate(None, stream.assign(text=""))
    with pytest.raises(scamrisk.InvalidDataError, match="DataFrame"):
        scamrisk.evaluate(None, stream["text"])  # type: ignore[arg-type]
