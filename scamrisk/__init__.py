"""scamrisk scores a recruitment message for the risk that it is a scam or a trafficking lure, and shows why.

    import scamrisk
    print(scamrisk.score("Free travel abroad! High-paying job, no experience, flights and visa paid ..."))

Everything runs on this machine: no network, no telemetry. Importing is cheap; what is heavy loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scamrisk.api import score, score_frame, score_many
    from scamrisk.assessment import Advice, Assessment, Contact, Lure, Term
    from scamrisk.errors import InvalidDataError, InvalidModelError, InvalidTextError, RefusedError, ScamRiskError
    from scamrisk.estimator import ScamRiskClassifier
    from scamrisk.evaluation import Evaluation, evaluate
    from scamrisk.model import Model, load
    from scamrisk.retraining import TrainingResult, suggest, train

__version__ = "0.1.0"

_HOMES = {
    "scamrisk.api": ("score", "score_frame", "score_many"),
    "scamrisk.assessment": ("Advice", "Assessment", "Contact", "Lure", "Term"),
    "scamrisk.errors": ("InvalidDataError", "InvalidModelError", "InvalidTextError", "RefusedError", "ScamRiskError"),
    "scamrisk.estimator": ("ScamRiskClassifier",),
    "scamrisk.evaluation": ("Evaluation", "evaluate"),
    "scamrisk.model": ("Model", "load"),
    "scamrisk.retraining": ("TrainingResult", "suggest", "train"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Advice",
    "Assessment",
    "Contact",
    "Evaluation",
    "InvalidDataError",
    "InvalidModelError",
    "InvalidTextError",
    "Lure",
    "Model",
    "RefusedError",
    "ScamRiskClassifier",
    "ScamRiskError",
    "Term",
    "TrainingResult",
    "evaluate",
    "load",
    "score",
    "score_frame",
    "score_many",
    "suggest",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scamrisk' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
