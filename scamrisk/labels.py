"""Labels as people write them: 0/1, true/false, scam/legit, or a map of the caller's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scamrisk.errors import InvalidDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RISKY = frozenset({"1", "1.0", "true", "yes", "y", "scam", "risky", "fraud", "fraudulent", "lure", "spam", "trafficking", "positive"})
HONEST = frozenset({"0", "0.0", "false", "no", "n", "legit", "legitimate", "honest", "safe", "benign", "ham", "real", "negative"})


def read_labels(column: pd.Series[Any], risky: str | None = None, mapping: Mapping[Any, int] | None = None) -> NDArray[np.float64]:
    """Return labels as 0.0 and 1.0.

    `risky` names the one label that means risky (all others mean honest); `mapping` gives 0 or 1 for each label. Without
    them the usual words are understood. Raises InvalidDataError that names the labels that are not.
    """
    if mapping is not None:
        known = {str(k).strip().casefold(): int(v) for k, v in mapping.items()}
        if wrong := [v for v in known.values() if v not in (0, 1)]:
            raise InvalidDataError(f"a label map gives 0 or 1, got {wrong[0]!r}")
    elif risky is not None:
        words = column.astype(str).str.strip().str.casefold()
        if not (words == risky.strip().casefold()).any():
            raise InvalidDataError(f"no row has the label {risky!r}; the labels are: {_shown(words)}")
        known = {word: int(word == risky.strip().casefold()) for word in words.unique()}
    else:
        known = {**dict.fromkeys(RISKY, 1), **dict.fromkeys(HONEST, 0)}
    words = column.map(lambda v: "" if v is None or v is pd.NA or v != v else str(v).strip().casefold())
    unknown = words[~words.isin(known)]
    if len(unknown):
        row = list(words.index).index(unknown.index[0])
        raise InvalidDataError(
            f"{len(unknown)} labels are not understood, the first in row {row}: expected 0/1, true/false or scam/legit, got {_shown(unknown)}"
        )
    return np.asarray(words.map(known), dtype=np.float64)


def _shown(words: pd.Series[Any]) -> str:
    return ", ".join(repr(w[:30]) for w in list(dict.fromkeys(words))[:6])
