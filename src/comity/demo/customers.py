"""The customers of a story: names put together from stems and industries of each region, some below a parent."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

from comity.demo.story import CustomerLine
from comity.kernel.names import slugify

# Region: stems, cities with their country, and what an industry is called there.
_PLACES: Final[dict[str, tuple[str, str, Mapping[str, str]]]] = {
    "DACH": (
        "Bergmann Huber Steinfeld Lindenau Kaltenbach Vogt Reinhardt Ebersbach Falkenrath Hagedorn Jansen Krüger"
        " Löwenthal Mertens Oberland Pfeiffer Quint Sommerfeld Thalheim Winterhalter",
        "Berlin/Germany München/Germany Hamburg/Germany Köln/Germany Dresden/Germany Wien/Austria Zürich/Switzerland"
        " Nürnberg/Germany",
        {"Manufacturing": "Maschinenbau", "Logistics": "Logistik", "Retail": "Handel", "Finance": "Bank",
         "Health care": "Kliniken", "Energy": "Energie", "Food": "Lebensmittel"},
    ),
    "Nordics": (
        "Aalto Bjerke Dahlgren Ekström Fosse Granlund Hovland Isaksen Kivinen Lindqvist Nyberg Solberg Tuominen"
        " Westergaard",
        "Oslo/Norway Stockholm/Sweden København/Denmark Helsinki/Finland Göteborg/Sweden Aarhus/Denmark",
        {"Manufacturing": "Industri", "Logistics": "Shipping", "Retail": "Handel", "Finance": "Forsikring",
         "Energy": "Energi", "Food": "Foods", "Health care": "Care"},
    ),
    "UK & Ireland": (
        "Ashworth Barrow Carrick Dunbar Eastleigh Farrow Glenside Hartwell Kinsale Langley Merton Northgate Oakham"
        " Pembroke",
        "London/United_Kingdom Manchester/United_Kingdom Dublin/Ireland Edinburgh/United_Kingdom"
        " Birmingham/United_Kingdom Belfast/United_Kingdom",
        {"Manufacturing": "Engineering", "Logistics": "Freight", "Retail": "Stores", "Finance": "Mutual",
         "Energy": "Power", "Food": "Foods", "Health care": "Health"},
    ),
    "Southern Europe": (
        "Alvarado Bertrand Castellani Delacroix Esposito Ferreira Garnier Herrera Lombardi Marchetti Navarro Rousseau",
        "Paris/France Milano/Italy Madrid/Spain Lisboa/Portugal Lyon/France Barcelona/Spain Roma/Italy",
        {"Manufacturing": "Industrie", "Logistics": "Trans", "Retail": "Moda", "Finance": "Assurances",
         "Energy": "Energia", "Food": "Alimentari", "Health care": "Salud"},
    ),
    "North America": (
        "Ashland Brighton Copperfield Dearborn Everett Fairmont Granger Hollister",
        "Chicago/United_States Denver/United_States Toronto/Canada Boston/United_States Austin/United_States",
        {"Manufacturing": "Manufacturing", "Logistics": "Freight", "Retail": "Outfitters", "Finance": "Financial",
         "Energy": "Energy", "Food": "Foods", "Health care": "Medical"},
    ),
    "Switzerland": (
        "Aebischer Bürgi Caflisch Dubach Egli Frey Gerber Hofstetter Imhof Jenni Kaufmann Lüthi Monnier Odermatt",
        "Zürich/Switzerland Basel/Switzerland Bern/Switzerland Genève/Switzerland Luzern/Switzerland",
        {"Manufacturing": "Präzision", "Finance": "Privatbank", "Health care": "Kliniken", "Food": "Feinkost",
         "Retail": "Handel", "Logistics": "Spedition", "Energy": "Energie"},
    ),
}  # fmt: skip


def make_customers(counts: Mapping[str, int], *, seed: int, prefix: str = "C") -> tuple[CustomerLine, ...]:
    """So many customers a region, the same each time for a seed; every sixth belongs to an earlier one."""
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    lines: list[CustomerLine] = []
    for region, count in counts.items():
        stems, places, industries = _PLACES[region]
        names = [(stem, industry, word) for stem in stems.split() for industry, word in industries.items()]
        parents: list[CustomerLine] = []
        for turn, (stem, industry, word) in enumerate(dice.sample(names, count)):
            city, _, country = dice.choice(places.split()).partition("/")
            name = f"{stem} {word}"
            employees = int(round(10 ** dice.uniform(1.9, 4.1), -1))
            parent = dice.choice(parents).key if parents and turn % 6 == 5 else ""
            line = CustomerLine(
                key=f"{prefix}-{2001 + len(lines)}", name=name, region=region, country=country.replace("_", " "),
                city=city, industry=industry, domain=f"{slugify(name)}.example", employees=employees,
                annual_revenue=employees * dice.randrange(120, 320) * 1000, parent=parent,
            )  # fmt: skip
            lines.append(line)
            if not parent:
                parents.append(line)
    return tuple(lines)
