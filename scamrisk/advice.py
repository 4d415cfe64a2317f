"""What to do next: steps by situation, and the official contacts of a country."""

from __future__ import annotations

import re
from functools import lru_cache

from scamrisk.assessment import Advice, Assessment, Contact
from scamrisk.errors import InvalidDataError
from scamrisk.knowledge import read_advice

_WORLDWIDE = "XX"
_TRAVEL = {"irregular_border_crossing", "tourist_visa_or_lie_to_officers", "location_hidden_or_switched", "free_trip_or_visit",
           "paid_flights_and_visa", "high_risk_place"}  # fmt: skip
_INSIDE = {"passport_or_movement_control", "recruitment_debt_or_exit_penalty"}


@lru_cache(maxsize=1)
def _knowledge() -> tuple[dict[str, tuple[str, ...]], tuple[Contact, ...]]:
    return read_advice()


def advise(assessment: Assessment, country: str | None) -> Advice:
    """Return the steps that fit what was found, most urgent first, and the verified contacts of `country`.

    `country` is an ISO 3166 alpha-2 code. Raises InvalidDataError for anything else.
    """
    if country is not None and not (isinstance(country, str) and re.fullmatch("[A-Za-z]{2}", country)):
        raise InvalidDataError(f"expected a country as two letters such as 'CN', got {country!r}")
    steps, contacts = _knowledge()
    situations = []
    if assessment.plea:
        situations += ["plea", "inside", "relative"]
    else:
        kinds = {lure.kind for lure in assessment.lures}
        situations.append("offer")
        if "money" in assessment.harms or "legal" in assessment.harms:
            situations.append("money")
        if kinds & _TRAVEL:
            situations.append("travelling")
        if kinds & _INSIDE:
            situations.append("inside")
    chosen = tuple(dict.fromkeys(step for s in situations for step in steps[s]))
    code = country.upper() if country else None
    local = tuple(c for c in contacts if code and c.country == code)
    return Advice(code, chosen, local + tuple(c for c in contacts if c.country == _WORLDWIDE))
