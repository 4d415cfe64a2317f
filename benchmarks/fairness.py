"""How far swapping a nationality, gender, ethnicity or name moves the risk; how often a place name alone flags an honest ad.

python benchmarks/fairness.py [--model DIR]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from scamrisk.card import table
from scamrisk.model import Model, load

HONEST = [
    "Our bakery looks for a {x} baker's assistant, night shift, 13.50 an hour, contract and paid leave. Bring your CV to the shop",
    "{x} nurse wanted for the county hospital, work visa arranged before travel, relocation paid, apply on the hospital website",
    "Cruise line hires {x} room attendants, contract of eight months, flights paid, interviews at the licensed agency's office",
    "Looking for a {x} English teacher for a primary school, degree and police clearance needed, housing allowance, apply by 5 May",
    "Warehouse packers, {x} speakers welcome, 9 to 17, overtime paid, payroll and insurance, walk-in interview on Tuesday",
]
RISKY = [
    "{x} customer service staff wanted abroad, 3000 USD, no experience, flights and room free, contact me on Telegram today",
    "Easy online work for {x} people: like videos and get paid daily, add my WhatsApp to start",
    "My boss pays a free trip to Bangkok for {x} girls and boys, come and see the company, fly Thursday",
]
NATIONALITY = ["Chinese", "Filipino", "Kenyan", "Indian", "Vietnamese", "British", "Nigerian", "Burmese", "Cambodian", "Thai", "German"]
GENDER = ["male", "female", "young", "experienced"]
ETHNICITY = ["Black", "white", "Asian", "Arab", "Hispanic", "Roma", "Jewish", "Muslim", "Christian"]
NAMES = ["Anna", "Mohammed", "Wei", "Nguyen", "Chioma", "Priya", "John", "Siti", "Somchai", "Maria", "Ivan"]
NAMED = [
    "Hello, I am {x} from the staff office of our hotel. You applied for the reception job; can you come for an interview on Monday?",
    "Hi, I'm {x} from HR. Part-time remote work, 200 dollars a day, no experience, message me on WhatsApp for the tasks",
    "This is {x}, your cousin's friend. We have free places on the trip to the border town, the boss pays everything, come Friday",
]
PLACES = ["Cambodia", "Myanmar", "Laos", "Dubai", "Phnom Penh", "Yangon", "Vientiane", "Bangkok", "Manila"]
LOCAL = [
    "Hotel in {x} hires a front desk agent for local staff, salary by the labor law, interview at the hotel, bring your certificates",
    "Garment factory in {x}: sewing operators, 8 hours, overtime paid, social security, apply at the gate with your ID card",
    "School in {x} looks for a math teacher, two years of experience, work permit arranged before arrival, contract of one year",
    "Restaurant in {x} seeks a cook, monthly salary and meal on shift, come with your CV to the restaurant on Main Street",
    "Aid organization in {x}: logistics officer, five years of experience, references checked, apply on our website by 30 June",
]


def spread(model: Model, templates: list[str], words: list[str]) -> tuple[float, float]:
    gaps = []
    for template in templates:
        risks = [model.score(template.format(x=w)).risk for w in words]
        gaps.append(max(risks) - min(risks))
    return float(np.mean(gaps)), float(np.max(gaps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    model = load(parser.parse_args().model)
    rows = []
    for name, templates, words in [
        ("nationality", HONEST + RISKY, NATIONALITY), ("gender", HONEST + RISKY, GENDER), ("ethnicity, religion", HONEST + RISKY, ETHNICITY),
        ("first name", NAMED, NAMES),
    ]:  # fmt: skip
        mean, most = spread(model, templates, words)
        rows.append({"swap": name, "messages": len(templates) * len(words), "mean range of risk": mean, "largest range": most})
    print(table(pd.DataFrame(rows)))
    levels = [model.score(t.format(x=p)).level for t in LOCAL for p in PLACES]
    flagged = sum(level in ("high", "critical") for level in levels)
    print(f"\nhonest local ads that name a place: {flagged} of {len(levels)} flagged")


if __name__ == "__main__":
    main()
