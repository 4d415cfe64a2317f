"""Labelled messages for the tests of training and evaluation: a part of the corpus that the shipped model has not seen."""

import pandas as pd
import pytest

from scamrisk.corpus import read_corpus, to_frame


@pytest.fixture(scope="session")
def stream() -> pd.DataFrame:
    """Return the Thai, Vietnamese and Indonesian test families: text, label, group, language."""
    messages = [m for m in read_corpus() if m.is_test and m.language in ("th", "vi", "id")]
    return to_frame(messages)[["text", "label", "group", "language"]]
