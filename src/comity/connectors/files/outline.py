"""A first mapping for files that no mapping knows: which file holds what, and which column feeds which field, guessed
by the headings; dates, numbers and words by what stands below them. A person looks at it and corrects it."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from comity.connectors.files.samples import Sample
from comity.connectors.files.targets import TARGETS, Kind

NAME: Final = "own"

KNOWN: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "manager": {
        "external_id": ("manager id", "user id", "employee id", "owner id"),
        "name": ("manager", "manager name", "full name", "owner name"),
        "email": ("email", "e mail", "mail"),
        "title": ("title", "job title", "position"),
    },
    "partner": {
        "external_id": ("partner id", "reseller id", "partner number", "partner nr", "partnernummer"),
        "name": ("partner", "partner name", "reseller", "reseller name", "company", "company name", "firma"),
        "types": ("type", "partner type", "partnertyp", "types"),
        "status": ("status", "partner status"),
        "tier": ("tier", "level", "partner level", "stufe"),
        "region": ("region", "territory", "gebiet"),
        "manager": ("manager", "partner manager", "owner", "account manager", "betreuer", "partnermanager"),
        "started_on": ("started on", "start date", "since", "signed on", "partner since", "seit"),
        "ended_on": ("ended on", "end date", "ende"),
        "website": ("website", "web", "url", "homepage", "webseite"),
        "country": ("country", "land"),
        "city": ("city", "ort", "stadt"),
        "state": ("state", "province", "bundesland"),
    },
    "account": {
        "external_id": ("account id", "customer id", "company id", "kundennummer", "customer number"),
        "name": ("account", "account name", "customer", "customer name", "kunde", "kundenname"),
        "parent": ("parent", "parent id", "parent account", "subsidiary of"),
        "domains": ("domain", "domains", "website", "web"),
        "country": ("country", "land"),
        "city": ("city", "ort"),
        "postcode": ("postcode", "zip", "postal code", "plz"),
        "industry": ("industry", "sector", "branche"),
        "annual_revenue": ("revenue", "annual revenue", "umsatz"),
        "employees": ("employees", "number of employees", "mitarbeiter"),
    },
    "product": {
        "external_id": ("product id", "sku", "product code", "article", "artikelnummer"),
        "name": ("product", "product name", "produkt", "artikel"),
        "family": ("family", "product family", "series", "category", "produktfamilie"),
        "list_price": ("list price", "price", "sales price", "listenpreis", "preis"),
        "cost": ("cost", "standard cost", "kosten"),
    },
    "opportunity": {
        "external_id": ("deal id", "opportunity id", "order id", "order number", "order", "auftragsnummer"),
        "name": ("deal", "deal name", "opportunity", "opportunity name", "subject", "bezeichnung"),
        "account": ("account", "account id", "customer", "customer id", "company", "kunde", "kundennummer"),
        "stage": ("stage", "deal stage", "status", "phase", "state"),
        "stage_kind": ("stage", "deal stage", "status", "phase", "state"),
        "opened_on": ("opened on", "created", "create date", "engage date", "open date", "angelegt am"),
        "closed_on": ("closed on", "close date", "closing date", "closed", "abschlussdatum", "abschluss"),
        "amount": ("amount", "value", "deal value", "close value", "total", "betrag", "wert"),
        "currency": ("currency", "waehrung", "währung"),
        "manager": ("manager", "owner", "deal owner", "betreuer"),
        "family": ("family", "product family", "product line", "produktfamilie"),
        "loss_reason": ("loss reason", "lost reason", "verlustgrund"),
        "competitors": ("competitor", "competitors", "wettbewerber"),
    },
}  # fmt: skip
"""What exports call fields, in English and German; the first that a file has feeds the field."""
OWN_ID: Final = ("id", "external id", "number", "no", "nr", "key", "code")
"""What a file calls the number of its own records, whatever these are."""
OWN_NAME: Final = ("name", "title", "bezeichnung")
PARTNER_OF_DEAL: Final = (
    "partner",
    "partner id",
    "reseller",
    "partner name",
    "sales agent",
    "partner nr",
    "partnernummer",
)
DATE_FORMS: Final = {
    "YYYY-MM-DD": "%Y-%m-%d", "D.M.YYYY": "%d.%m.%Y", "M/D/YYYY": "%m/%d/%Y", "D/M/YYYY": "%d/%m/%Y",
    "YYYY/MM/DD": "%Y/%m/%d", "YYYY-MM-DD hh:mm:ss": "%Y-%m-%d %H:%M:%S",
}  # fmt: skip
FEWEST_KNOWN: Final = 2
WON: Final = frozenset({"won", "closed won", "closedwon", "gewonnen", "shipped", "invoiced", "complete", "completed"})
LOST: Final = frozenset({"lost", "closed lost", "closedlost", "verloren", "cancelled", "canceled", "storniert"})
_DAYLIKE: Final = (Kind.DATE, Kind.INSTANT)
_GERMAN: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?|-?\d+,\d{1,2}")
_GROUPED: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DATED: Final = re.compile(r"\d{4}[\d_. -]*|\d{2}[._-]\d{2}[\d._-]*")


def outline(samples: Sequence[Sample]) -> dict[str, Any]:
    """The content of a mapping for these files; it may lack what nothing in the headings tells."""
    sources = [source_for(sample, likely_targets(sample)) for sample in samples]
    if not any("account" in source for source in sources):
        for source in sources:
            if "account" in source.get("opportunity", {}):  # no list of customers: the deals tell who they are
                named = source["opportunity"]["account"]
                source["account"] = {"external_id": dict(named), "name": dict(named)}
    fed = [
        (sample, name, field, rule)
        for sample, source in zip(samples, sources, strict=True)
        for name in TARGETS
        if name in source
        for field, rule in source[name].items()
    ]
    dates = [_values(sample, rule) for sample, name, field, rule in fed if _kind(name, field) in _DAYLIKE]
    numbers = [_values(sample, rule) for sample, name, field, rule in fed if _kind(name, field) is Kind.MONEY]
    formats: dict[str, Any] = {"dates": date_forms(dates), "encodings": ["utf-8", "cp1252"]} | number_marks(numbers)
    return {"mapping": {"name": NAME, "title": "Our own export"}, "formats": formats, "source": sources}


def likely_targets(sample: Sample) -> list[str]:
    """What a file is likely about: the kind of record most of whose fields its headings name."""
    scores = {name: len(_fields(name, sample)) for name in KNOWN}
    name = re.sub(r"[^a-z]+", " ", sample.name.casefold())
    for target, fields in KNOWN.items():
        scores[target] += 2 * any(word.split()[0] in name for word in (target, *fields["name"][:2]))
    best = max(scores, key=lambda one: scores[one])
    if scores[best] < FEWEST_KNOWN:
        return []
    with_partner = best == "opportunity" and _first(sample, PARTNER_OF_DEAL)
    return [best, *(["opportunity_partner"] if with_partner else [])]


def source_for(sample: Sample, targets: Iterable[str]) -> dict[str, Any]:
    """One file that feeds these targets, each field by the column that its heading suggests."""
    source: dict[str, Any] = {"file": pattern_of(sample.name), "optional": True, "optional_columns": True}
    return source | {target: table_for(sample, target) for target in targets}


def table_for(sample: Sample, target: str) -> dict[str, Any]:
    """The fields of one target that the headings suggest."""
    if target == "opportunity_partner":
        deal, partner = _deal_id(sample), _first(sample, PARTNER_OF_DEAL)
        columns = {name: column for name, column in (("opportunity", deal), ("partner", partner)) if column}
        return {**{name: {"column": column} for name, column in columns.items()}, "role": {"constant": "sourced"}}
    rules: dict[str, dict[str, Any]] = {field: {"column": column} for field, column in _fields(target, sample).items()}
    if target == "opportunity" and "stage_kind" in rules:
        words = sample.values(rules["stage_kind"]["column"], 50)
        rules["stage_kind"]["map"] = {word: meaning_of_stage(word) for word in words}
    return rules


def meaning_of_stage(word: str) -> str:
    """Won, lost or open, by what a stage is called."""
    plain = " ".join(re.sub(r"[^\w]+", " ", word.casefold()).split())
    return "won" if plain in WON else "lost" if plain in LOST else "open"


def date_forms(columns: Iterable[Sequence[str]]) -> list[str]:
    """The forms in which these columns write days, each that reads a whole column; the usual one where none does."""
    found: dict[str, None] = {}
    for values in columns:
        form = next((form for form, pattern in DATE_FORMS.items() if values and _all_are(values, pattern)), None)
        if form is not None:
            found[form] = None
    return list(found) or ["YYYY-MM-DD"]


def number_marks(columns: Iterable[Sequence[str]]) -> dict[str, str]:
    """The marks of decimals and thousands, as these columns show them."""
    values = [value for column in columns for value in column]
    if any(_GERMAN.fullmatch(value) and not _GROUPED.fullmatch(value) for value in values):
        return {"decimal": ",", "thousands": "."}
    grouped = any(_GROUPED.fullmatch(value) for value in values)
    return {"decimal": ".", "thousands": "," if grouped else ""}


def pattern_of(name: str) -> str:
    """The name of a file, with stars for the days and numbers in it, so that next month's export is known too."""
    stem, dot, ending = name.rpartition(".")
    plain = re.sub(r"[*?\[\]]", "?", stem or ending)
    return _DATED.sub("*", plain) + (dot + ending if stem else "")


def _fields(target: str, sample: Sample) -> dict[str, str]:
    called = KNOWN.get(target) or {
        one.name: (one.name.replace("_", " "),) for one in TARGETS[target] if not one.derived
    }
    found = {field: _first(sample, words) for field, words in called.items()}
    if "name" in found:
        found["name"] = found["name"] or _first(sample, OWN_NAME)
    if "external_id" in found:
        found["external_id"] = found["external_id"] or _first(sample, OWN_ID) or found.get("name", "")
    return {field: column for field, column in found.items() if column}


def _deal_id(sample: Sample) -> str:
    return _fields("opportunity", sample).get("external_id", "")


def _first(sample: Sample, words: Iterable[str]) -> str:
    known = {_plain(column): column for column in reversed(sample.columns)}
    return next((known[word] for word in words if word in known), "")


def _plain(heading: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return " ".join(re.sub(r"[\W_]+", " ", apart).casefold().split())


def _kind(target: str, field: str) -> Kind:
    return TARGETS[target].field(field).kind


def _values(sample: Sample, rule: dict[str, Any]) -> Sequence[str]:
    return sample.values(rule.get("column", ""), 200)


def _all_are(values: Sequence[str], pattern: str) -> bool:
    for value in values:
        try:
            datetime.strptime(value, pattern)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return False
    return True
