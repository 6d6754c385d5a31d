"""What an export may feed: the vocabulary of a mapping, one table of targets and their fields.

A row that the reader emits is a tuple `(file number, line number, *values)`; the values stand in the order of
the fields below, those left out that the mapping does not feed (a `RowBatch` names its columns).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from comity.deals.states import DealKind, DealStatus, PartnerRole
from comity.programs.states import PartnerType, Status


class Kind(StrEnum):
    """How the text of a cell is read, and what the reader emits for it."""

    KEY = "key"  # str, up to 120 characters: how this export names a record
    NAME = "name"  # str, up to 300 characters, white space collapsed
    TEXT = "text"  # str, up to 2,000 characters
    DATE = "date"  # datetime.date, 1970 to 2100
    INSTANT = "instant"  # datetime.datetime with UTC, 1970 to 2100
    MONEY = "money"  # Decimal that fits numeric(20,4)
    NUMBER = "number"  # Decimal that fits numeric(20,4)
    PERCENT = "percent"  # Decimal, 0 to 100
    COUNT = "count"  # int, 0 to 2,147,483,647
    CURRENCY = "currency"  # str, ISO 4217
    WORD = "word"  # str out of `Field.words`
    WORDS = "words"  # list[str] out of `Field.words`
    LIST = "list"  # list[str]
    DOMAINS = "domains"  # list[str] of host names, made from domains, web or e-mail addresses


LIST_KINDS: Final = frozenset({Kind.WORDS, Kind.LIST, Kind.DOMAINS})

PARTNER_TYPES: Final = tuple(word.value for word in PartnerType)
PARTNERSHIP_STATUSES: Final = tuple(word.value for word in Status)
OPPORTUNITY_KINDS: Final = tuple(word.value for word in DealKind)
STAGE_KINDS: Final = tuple(word.value for word in DealStatus)
PARTNER_ROLES: Final = tuple(word.value for word in PartnerRole)
QUOTA_PERIODS: Final = ("month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a target."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    words: tuple[str, ...] = ()
    fact: bool = False  # a date of something that has happened: it cannot lie in the future
    longest: int | None = None  # characters (of an item, in a list); None: as many as the kind allows
    below: int | None = None  # a number must be smaller, and larger than its negative
    derived: bool = False  # made by the reader from other fields; a mapping cannot feed it


@dataclass(frozen=True, slots=True)
class Target:
    """One table that a mapping may feed.

    `deal` names the field that says which deal a row belongs to: a bad line holds back all rows of its deal.
    `key` names the fields that tell two rows of this target apart. A `repeated` target is one that many lines
    may state alike (the manager on every order): the reader drops repetitions that it remembers.
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    deal: str | None = None
    repeated: bool = False

    def field(self, name: str) -> Field:
        """The field of this name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


_K, _REQUIRED = Kind, True

_TARGETS: Final = (
    Target(
        "manager",
        "A partner manager of the vendor.",
        (
            Field("external_id", _K.KEY, "how the export names the manager", _REQUIRED),
            Field("name", _K.NAME, "name of the person", _REQUIRED, longest=200),
            Field("email", _K.TEXT, "work address", longest=254),
            Field("title", _K.TEXT, "job title", longest=200),
            Field("manager", _K.KEY, "external id of the superior, who may be missing from the export"),
            Field("regions", _K.LIST, "names of the regions covered", longest=120),
            Field("capacity", _K.NUMBER, "how many weighted partnerships the manager can look after", below=100000),
        ),
        key=("external_id",),
        repeated=True,
    ),
    Target(
        "partner",
        "A partner organization and its partnership in the program.",
        (
            Field("external_id", _K.KEY, "how the export names the partner", _REQUIRED),
            Field("name", _K.NAME, "name of the organization", _REQUIRED),
            Field("types", _K.WORDS, "partner types", words=PARTNER_TYPES),
            Field("sub_type", _K.NAME, "the vendor's own finer word for the type", longest=120),
            Field("status", _K.WORD, "status of the partnership", words=PARTNERSHIP_STATUSES),
            Field("tier", _K.NAME, "name of the tier", longest=80),
            Field("region", _K.NAME, "name of the region", longest=120),
            Field("manager", _K.KEY, "external id (or name) of the partner manager"),
            Field("started_on", _K.DATE, "first day of the partnership", fact=True),
            Field("ended_on", _K.DATE, "last day of the partnership"),
            Field("website", _K.TEXT, "web address", longest=300),
            Field("country", _K.NAME, "country, as the export writes it", longest=100),
            Field("state", _K.NAME, "state or province", longest=100),
            Field("city", _K.NAME, "city", longest=100),
            Field("distributor", _K.KEY, "external id of the distributor that the partner buys through"),
        ),
        key=("external_id",),
        repeated=True,
    ),
    Target(
        "account",
        "A customer account.",
        (
            Field("external_id", _K.KEY, "how the export names the account", _REQUIRED),
            Field("name", _K.NAME, "name of the company", _REQUIRED),
            Field("parent", _K.KEY, "external id of the parent company, before or after it in the file"),
            Field("domains", _K.DOMAINS, "mail and web domains"),
            Field("country", _K.NAME, "country, as the export writes it", longest=100),
            Field("city", _K.NAME, "city", longest=100),
            Field("postcode", _K.NAME, "postal code", longest=30),
            Field("industry", _K.NAME, "industry", longest=120),
            Field("annual_revenue", _K.MONEY, "revenue a year, in the program's currency"),
            Field("employees", _K.COUNT, "number of employees"),
        ),
        key=("external_id",),
        repeated=True,
    ),
    Target(
        "product",
        "A product of the vendor, with its family.",
        (
            Field("external_id", _K.KEY, "how the export names the product", _REQUIRED),
            Field("name", _K.NAME, "name of the product", _REQUIRED),
            Field("family", _K.NAME, "product family", longest=200),
            Field("list_price", _K.MONEY, "list price of one"),
            Field("cost", _K.MONEY, "standard cost of one"),
        ),
        key=("external_id",),
        repeated=True,
    ),
    Target(
        "opportunity",
        "A deal of the vendor's CRM or order system.",
        (
            Field("external_id", _K.KEY, "how the export names the deal", _REQUIRED),
            Field("name", _K.NAME, "what people call the deal"),
            Field("account", _K.KEY, "external id of the customer account"),
            Field("kind", _K.WORD, "kind of business", words=OPPORTUNITY_KINDS),
            Field("stage", _K.NAME, "name of the stage", _REQUIRED, longest=120),
            Field("stage_kind", _K.WORD, "its meaning; from the stages declared if not fed", words=STAGE_KINDS),
            Field("opened_on", _K.DATE, "day it was opened; empty means unknown", fact=True),
            Field("closed_on", _K.DATE, "day it was won or lost; of an open deal, the day expected"),
            Field("expected_close_on", _K.DATE, "the close date of an open deal", derived=True),
            Field("amount", _K.MONEY, "one-off amount; empty means unknown"),
            Field("recurring_amount", _K.MONEY, "recurring amount a year"),
            Field("currency", _K.CURRENCY, "currency of the amounts; empty means the mapping's"),
            Field("term_months", _K.COUNT, "term of a recurring contract, in months", below=32768),
            Field("list_amount", _K.MONEY, "amount before discounts"),
            Field("manager", _K.KEY, "external id (or name) of the partner manager named on the deal"),
            Field("family", _K.NAME, "product family of the whole deal", longest=200),
            Field("loss_reason", _K.TEXT, "why it was lost"),
            Field("competitors", _K.LIST, "who else was asked", longest=200),
            Field("updated_at", _K.INSTANT, "when the source last changed it", fact=True),
        ),
        key=("external_id",),
        deal="external_id",
    ),
    Target(
        "opportunity_line",
        "A line of a deal: a product sold.",
        (
            Field("opportunity", _K.KEY, "external id of the deal", _REQUIRED),
            Field("product", _K.KEY, "external id of the product"),
            Field("quantity", _K.NUMBER, "how many", below=10**10),
            Field("unit_price", _K.MONEY, "price of one"),
            Field("amount", _K.MONEY, "amount of the line"),
            Field("cost", _K.MONEY, "cost of the line, not of one"),
        ),
        key=(),
        deal="opportunity",
    ),
    Target(
        "opportunity_partner",
        "A partner's role on a deal.",
        (
            Field("opportunity", _K.KEY, "external id of the deal", _REQUIRED),
            Field("partner", _K.KEY, "external id of the partner", _REQUIRED),
            Field("role", _K.WORD, "what the partner did", _REQUIRED, words=PARTNER_ROLES),
            Field("share", _K.PERCENT, "share of the deal, per cent"),
        ),
        key=("opportunity", "partner", "role"),
        deal="opportunity",
        repeated=True,
    ),
    Target(
        "assignment",
        "Which manager served a partner on a day. The latest is the partnership's manager, earlier ones its history.",
        (
            Field("opportunity", _K.KEY, "external id of the deal that shows it", _REQUIRED),
            Field("partner", _K.KEY, "external id of the partner", _REQUIRED),
            Field("manager", _K.KEY, "external id of the manager", _REQUIRED),
            Field("on", _K.DATE, "the day", _REQUIRED, fact=True),
        ),
        key=("opportunity", "partner", "manager", "on"),
        deal="opportunity",
        repeated=True,
    ),
    Target(
        "quota",
        "What a manager or a partner is expected to bring in a period.",
        (
            Field("manager", _K.KEY, "external id of the manager; either this or the partner"),
            Field("partner", _K.KEY, "external id of the partner"),
            Field("starts_on", _K.DATE, "first day of the period", _REQUIRED),
            Field("ends_on", _K.DATE, "last day of the period; made from `period` if not fed"),
            Field("period", _K.WORD, "length of the period", words=QUOTA_PERIODS),
            Field("amount", _K.MONEY, "the quota", _REQUIRED),
            Field("currency", _K.CURRENCY, "currency; empty means the mapping's"),
        ),
        key=("manager", "partner", "starts_on"),
    ),
)

TARGETS: Final[dict[str, Target]] = {target.name: target for target in _TARGETS}
"""Every target by its name, in the order in which a database must write them (a deal after its partner)."""
