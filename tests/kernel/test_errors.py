"""Errors carry a code, a status and a message for people; doors translate them once."""

import copy
import json
import pickle
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, known_errors
from comity.kernel.money import Money


class DealConflict(Conflict):
    code, title = "deal_conflict", "Another partner was first"


class Side(StrEnum):
    VENDOR = "vendor"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (DomainError, "domain_error", 400),
        (NotAllowed, "not_allowed", 403),
        (NotFound, "not_found", 404),
        (Conflict, "conflict", 409),
        (Invalid, "invalid", 422),
        (DealConflict, "deal_conflict", 409),
    ],
)
def test_codes_and_statuses(error, code, status):
    assert (error.code, error.status, error("Why.").as_problem()["status"]) == (code, status, status)


def test_a_problem_document_holds_the_whole_story():
    error = DealConflict(
        "Another partner registered Acme first.",
        fields={"domain": "acme.example is registered."},
        amount=Money("1234.5", "EUR"),
        on=date(2026, 3, 2),
        side=Side.VENDOR,
        rules=("same_domain", {"score": Decimal("0.9")}),
        appeal=None,
    )
    assert error.as_problem(instance="/deals/DR-2026-00042") == {
        "type": "/problems/deal_conflict",
        "title": "Another partner was first",
        "status": 409,
        "detail": "Another partner registered Acme first.",
        "code": "deal_conflict",
        "instance": "/deals/DR-2026-00042",
        "errors": [{"field": "domain", "detail": "acme.example is registered."}],
        "amount": "1,234.50 EUR",
        "on": "2026-03-02",
        "side": "vendor",
        "rules": ["same_domain", {"score": "0.9"}],
        "appeal": None,
    }


def test_the_title_speaks_where_there_is_no_message():
    assert str(NotFound()) == NotFound().message == "Not found"


def test_the_address_of_types_is_the_doors_choice():
    assert NotFound().as_problem(base="https://partners.example/problems/")["type"] == (
        "https://partners.example/problems/not_found"
    )


@pytest.mark.parametrize("name", ["title", "status", "type", "code", "errors", "instance"])
def test_details_cannot_hide_the_standard_members(name):
    with pytest.raises(TypeError, match=name):
        Conflict("No.", **{name: 1})


@pytest.mark.parametrize("body", [{"code": "DealConflict"}, {"code": ""}, {"code": "a__b"}, {"status": 200}])
def test_a_class_no_door_could_show_is_refused(body):
    with pytest.raises(TypeError, match=r"snake_case|400-599"):
        type("Broken", (DomainError,), body)


def test_known_errors_lists_each_class_once():
    known = list(known_errors())
    assert known[0] is DomainError
    assert len(known) == len(set(known))
    assert {NotFound, NotAllowed, Invalid, Conflict, DealConflict} <= set(known)


class Quoted(DomainError):
    code = "quoted"

    def __init__(self, *, reference: str) -> None:
        super().__init__(f"{reference} is quoted.", reference=reference)


def test_errors_travel_between_processes():
    for error in (Invalid("No.", fields={"name": "Empty."}, limit=3), Quoted(reference="DR-2026-00042")):
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert (type(twin), twin.as_problem(), str(twin)) == (type(error), error.as_problem(), str(error))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals() | st.dates() | st.uuids(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers()),
)


@given(values)
def test_every_detail_becomes_json(value):
    json.dumps(Conflict("No.", facts=value).as_problem())
