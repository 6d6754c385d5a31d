"""The partners of Northwind Software: who they are, how much they bring, and what becomes of them."""

from __future__ import annotations

from datetime import date
from typing import Final

from comity.demo.story import PartnerLine

DACH, NORDICS, ISLES, SOUTH, AMERICA = "DACH", "Nordics", "UK & Ireland", "Southern Europe", "North America"
REGIONS: Final = (DACH, NORDICS, ISLES, SOUTH, AMERICA)
AMERICA_OPENED: Final = date(2025, 10, 1)

HALDEN, BRIGHTWATER, KESTREL, FABRIKAM, CONTOSO = "P-1001", "P-1002", "P-1003", "P-1004", "P-1005"
TIDEWAY, ALPENLAND = "P-1006", "P-1007"

_RESELLER, _IMPLEMENTATION = ("reseller",), ("implementation",)
_REFERRAL, _AGENCY, _TECHNOLOGY = ("referral",), ("agency",), ("technology",)

_LEADS: Final = (
    PartnerLine(
        HALDEN, "Halden Systems", ("reseller", "implementation"), NORDICS, "Norway", "Oslo", "Gold", "ada",
        weight=3.2, started_on=date(2023, 11, 6), sub_type="VAR", potential=85, growth=6.0,
    ),
    PartnerLine(
        BRIGHTWATER, "Brightwater IT", _RESELLER, ISLES, "United Kingdom", "Bristol", "Gold", "ada",
        weight=6.5, sub_type="MSP", potential=90, turns=((date(2025, 12, 1), 0.0),),
    ),
    PartnerLine(
        KESTREL, "Kestrel Consulting", _IMPLEMENTATION, ISLES, "Ireland", "Dublin", "Silver", "ada",
        weight=5.0, status="ended", ended_on=date(2026, 3, 31), potential=30,
        turns=((date(2024, 10, 1), 0.4), (date(2025, 7, 1), 0.0)),
    ),
    PartnerLine(
        FABRIKAM, "Fabrikam Systems", ("reseller", "implementation"), DACH, "Germany", "München", "Gold", "ada",
        weight=6.0, sub_type="VAR", potential=70, growth=1.4,
    ),
    PartnerLine(
        CONTOSO, "Contoso Digital", ("agency", "referral"), DACH, "Germany", "Hamburg", "Silver", "jonas",
        weight=3.6, potential=55,
    ),
    PartnerLine(
        TIDEWAY, "Tideway Distribution", ("distributor",), ISLES, "United Kingdom", "London", "Platinum", "ada",
        weight=1.0, potential=60,
    ),
    PartnerLine(
        ALPENLAND, "Alpenland Distribution", ("distributor",), DACH, "Austria", "Wien", "Gold", "jonas",
        weight=1.0, potential=50,
    ),
)  # fmt: skip

# Name, types, region, country, city, tier, manager, weight, sub-type.
_OTHERS: Final = (
    ("Aurora Integrations", _IMPLEMENTATION, NORDICS, "Sweden", "Stockholm", "Platinum", "ada", 5.5, "SI"),
    ("Fjordline Software", _RESELLER, NORDICS, "Norway", "Bergen", "Silver", "ada", 2.2, "VAR"),
    ("Nordlys Partner ApS", _REFERRAL, NORDICS, "Denmark", "København", "Silver", "ada", 1.8, ""),
    ("Skogland Consulting", _AGENCY, NORDICS, "Sweden", "Göteborg", "Registered", "ada", 0.9, ""),
    ("Suomi Cloud Oy", _RESELLER, NORDICS, "Finland", "Helsinki", "Silver", "ada", 2.0, "MSP"),
    ("Vinterdata", _TECHNOLOGY, NORDICS, "Sweden", "Malmö", "Registered", "daniel", 1.1, "ISV"),
    ("Brookfield Partners", _REFERRAL, ISLES, "United Kingdom", "Leeds", "Registered", "daniel", 1.0, ""),
    ("Cedar & Lane", _AGENCY, ISLES, "United Kingdom", "London", "Silver", "ada", 1.6, ""),
    ("Harbour Analytics", _IMPLEMENTATION, ISLES, "Ireland", "Cork", "Silver", "ada", 1.7, "SI"),
    ("Adler Systemhaus", _RESELLER, DACH, "Germany", "Stuttgart", "Platinum", "jonas", 6.2, "VAR"),
    ("Bergwerk IT", _RESELLER, DACH, "Germany", "Essen", "Gold", "jonas", 3.9, "MSP"),
    ("Datenhafen", _IMPLEMENTATION, DACH, "Germany", "Bremen", "Gold", "jonas", 3.3, "SI"),
    ("Edelweiss Consulting", _IMPLEMENTATION, DACH, "Austria", "Salzburg", "Silver", "jonas", 1.9, "SI"),
    ("Grünwald & Partner", _REFERRAL, DACH, "Germany", "Berlin", "Silver", "jonas", 2.1, ""),
    ("Helvetia Process", _AGENCY, DACH, "Switzerland", "Zürich", "Silver", "jonas", 1.7, ""),
    ("Klarblick Analytics", _TECHNOLOGY, DACH, "Germany", "Köln", "Gold", "jonas", 2.8, "ISV"),
    ("Mainufer Solutions", _RESELLER, DACH, "Germany", "Frankfurt", "Silver", "jonas", 2.0, "VAR"),
    ("Nebelhorn OEM", ("oem",), DACH, "Germany", "Augsburg", "Silver", "jonas", 1.2, ""),
    ("Rheintal Software", _TECHNOLOGY, DACH, "Switzerland", "Basel", "Registered", "jonas", 0.8, "ISV"),
    ("Sternwarte Alliance", ("strategic_alliance",), DACH, "Germany", "Walldorf", "Platinum", "vera", 4.4, ""),
    ("Ardoise Conseil", _IMPLEMENTATION, SOUTH, "France", "Lyon", "Gold", "sofia", 3.0, "SI"),
    ("Bianchi Sistemi", _RESELLER, SOUTH, "Italy", "Milano", "Gold", "sofia", 3.4, "VAR"),
    ("Costa Verde Data", _RESELLER, SOUTH, "Spain", "Valencia", "Silver", "sofia", 1.8, "MSP"),
    ("Delta Aragón", _REFERRAL, SOUTH, "Spain", "Zaragoza", "Registered", "sofia", 0.9, ""),
    ("Lumière Numérique", _AGENCY, SOUTH, "France", "Paris", "Silver", "sofia", 1.7, ""),
    ("Olivares Tech", _TECHNOLOGY, SOUTH, "Spain", "Madrid", "Registered", "sofia", 1.0, "ISV"),
    ("Porto Sistemas", _RESELLER, SOUTH, "Portugal", "Porto", "Silver", "sofia", 1.5, "VAR"),
    ("Rossi & Conti", _REFERRAL, SOUTH, "Italy", "Torino", "Registered", "sofia", 0.8, ""),
    ("Tramontane SI", _IMPLEMENTATION, SOUTH, "France", "Marseille", "Silver", "sofia", 1.4, "SI"),
)
_BELOW_TIDEWAY: Final = (
    ("Ashdown Computing", "Brighton", 1.5), ("Bramble IT", "York", 1.2), ("Castle Road Systems", "Cardiff", 0.9),
    ("Dunmore Networks", "Belfast", 0.8), ("Elmstead Digital", "Norwich", 0.6),
)  # fmt: skip
_BELOW_ALPENLAND: Final = (
    ("Firnschnee EDV", "Innsbruck", 1.3), ("Gletscher Systeme", "Graz", 1.0), ("Hochwald IT", "Linz", 0.7),
    ("Inntal Computer", "Rosenheim", 0.6),
)  # fmt: skip
# Name, types, country, city, tier, weight, first day.
_AMERICANS: Final = (
    ("Redwood Data Partners", _RESELLER, "United States", "San Francisco", "Silver", 6.0, date(2025, 10, 13)),
    ("Great Lakes Consulting", _IMPLEMENTATION, "United States", "Chicago", "Silver", 4.5, date(2025, 11, 3)),
    ("Maple Leaf Analytics", _REFERRAL, "Canada", "Toronto", "Registered", 3.0, date(2026, 1, 12)),
    ("Blue Mesa Software", _TECHNOLOGY, "United States", "Denver", "Registered", 2.0, date(2026, 2, 2)),
)
# Name, types, region, country, city, manager, status, first day: those not (or no longer) at work.
_ON_THE_WAY: Final = (
    ("Polar Bear Automation", _RESELLER, NORDICS, "Finland", "Tampere", "ada", "onboarding", date(2026, 8, 17)),
    ("Thameside Advisory", _REFERRAL, ISLES, "United Kingdom", "Reading", "ada", "onboarding", date(2026, 9, 1)),
    ("Weserbergland Digital", _AGENCY, DACH, "Germany", "Hannover", "jonas", "onboarding", date(2026, 7, 20)),
    ("Cascade Integrators", _IMPLEMENTATION, AMERICA, "United States", "Seattle", "daniel", "onboarding",
     date(2026, 8, 24)),
    ("Bayou Systems", _RESELLER, AMERICA, "United States", "New Orleans", "daniel", "applied", None),
    ("Zephyr Conseil", _AGENCY, SOUTH, "France", "Nantes", "sofia", "applied", None),
    ("Ostsee Cloud", _RESELLER, DACH, "Germany", "Rostock", "jonas", "applied", None),
    ("Granite State Tech", _TECHNOLOGY, AMERICA, "United States", "Boston", "daniel", "prospect", None),
    ("Levante Digital", _REFERRAL, SOUTH, "Spain", "Alicante", "sofia", "prospect", None),
    ("Moorland IT", _RESELLER, ISLES, "United Kingdom", "Plymouth", "", "prospect", None),
    ("Quellcode Kontor", _TECHNOLOGY, DACH, "Germany", "Leipzig", "jonas", "paused", date(2024, 3, 4)),
    ("Sirocco Systems", _RESELLER, SOUTH, "Italy", "Palermo", "sofia", "paused", date(2024, 5, 6)),
    ("Ebbe & Flut", _REFERRAL, DACH, "Germany", "Kiel", "jonas", "ended", date(2023, 10, 1)),
)  # fmt: skip


def _all() -> tuple[PartnerLine, ...]:
    lines = list(_LEADS)

    def add(name: str, types: tuple[str, ...], region: str, country: str, city: str, **more: object) -> None:
        lines.append(PartnerLine(f"P-{1001 + len(lines)}", name, types, region, country, city, **more))  # type: ignore[arg-type]

    for turn, (name, types, region, country, city, tier, manager, weight, sub_type) in enumerate(_OTHERS):
        started = date(2023 + (9 + turn % 14) // 12, (9 + turn % 14) % 12 + 1, 1 + turn)
        add(name, types, region, country, city, tier=tier, manager=manager, weight=weight, sub_type=sub_type,
            started_on=started, potential=20 + (turn * 37) % 60)  # fmt: skip
    for name, city, weight in _BELOW_TIDEWAY:
        country = "United Kingdom"
        add(name, _RESELLER, ISLES, country, city, tier="Registered", manager="ada", weight=weight, distributor=TIDEWAY)
    for name, city, weight in _BELOW_ALPENLAND:
        country = "Germany" if city == "Rosenheim" else "Austria"
        add(name, _RESELLER, DACH, country, city, tier="Registered", manager="jonas", weight=weight,
            distributor=ALPENLAND)  # fmt: skip
    for name, types, country, city, tier, weight, first_day in _AMERICANS:
        add(name, types, AMERICA, country, city, tier=tier, manager="daniel", weight=weight, started_on=first_day,
            potential=65)  # fmt: skip
    for name, types, region, country, city, manager, status, day in _ON_THE_WAY:
        ended = date(2025, 6, 30) if status == "ended" else None
        quiet = ((date(2025, 3, 1), 0.0),)
        add(name, types, region, country, city, manager=manager, status=status, started_on=day, ended_on=ended,
            tier="Registered" if status in ("paused", "ended") else "",
            weight=0.8 if status in ("paused", "ended") else 0.0, turns=quiet)  # fmt: skip
    return tuple(lines)


PARTNERS: Final = _all()
