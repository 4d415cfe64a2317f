"""The functions most people need, on the model that comes with the library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scamrisk.assessment import Assessment
from scamrisk.model import Model, load

if TYPE_CHECKING:
    import pandas as pd


def score(text: str, *, base_rate: float | None = None) -> Assessment:
    """Score one message with the shipped model.

    `base_rate` is the share of risky messages in the caller's stream, in (0, 1); by default 0.5, the rate the model is
    calibrated for. It moves `risk`, not `level`. Raises InvalidTextError when `text` is not a `str` or is blank.
    """
    return load().score(text, base_rate=base_rate)


def score_many(texts: Iterable[str | None], *, n_jobs: int = 1, base_rate: float | None = None) -> list[Assessment]:
    """Score many messages, in order, with the shipped model; `n_jobs=-1` uses every core.

    What can't be scored (None, NaN, blank, not a `str`) gives an assessment with risk NaN, level None and no lures.
    """
    return load().score_many(texts, n_jobs=n_jobs, base_rate=base_rate)


def score_frame(
    frame: pd.DataFrame, text: str = "text", *, model: Model | None = None, n_jobs: int = 1, base_rate: float | None = None
) -> pd.DataFrame:
    """Return a copy of `frame`, index kept, with the columns `risk` (float), `level` (str) and `lures` (tuple of Lure) added.

    Rows whose `text` can't be scored get risk NaN, level None and no lures. Raises InvalidDataError when the column is
    missing, or when a column that would be added is there already.
    """
    from scamrisk.tables import score_table

    return score_table(load() if model is None else model, frame, text, n_jobs=n_jobs, base_rate=base_rate)
