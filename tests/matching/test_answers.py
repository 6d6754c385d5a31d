"""What people answer is kept and can be learned from; known companies are found, each vendor's by itself."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import connection

from cast import Cast
from comity.cli.entry import main
from comity.kernel.errors import NotAllowed
from comity.kernel.ids import uuid7
from comity.matching.index import forget_companies, index_companies, note_common_keys
from comity.matching.kin import Families
from comity.matching.models import Answer, LabelledPair
from comity.matching.queries import find_companies, newest_answers, weights_of
from comity.matching.record import Record
from comity.matching.scoring import shipped_weights
from comity.matching.services import TooFewAnswers, record_answer, refit_weights, use_weights
from comity.programs import operator

pytestmark = pytest.mark.django_db(transaction=False)
ACME, OTHER = Record("1", "Acme GmbH", country="DE"), Record("2", "ACME Gesellschaft mbH", country="Germany")


def test_answers_are_kept_and_the_newest_counts(cast: Cast):
    with cast.scope("ada"):
        record_answer(actor=cast.actor("ada"), left=ACME, right=OTHER, answer=Answer.DIFFERENT)
        record_answer(actor=cast.actor("ada"), left=OTHER, right=ACME, answer=Answer.SAME)
        assert LabelledPair.objects.count() == 2
        assert newest_answers(cast.northwind.pk) == [(OTHER, ACME, "same")]
        with pytest.raises(NotAllowed):
            record_answer(actor=cast.actor("di"), left=ACME, right=OTHER, answer=Answer.SAME)
    for stranger in ("bo", "eve"):
        with cast.scope(stranger):
            assert LabelledPair.objects.count() == 0


def test_weights_follow_a_vendors_answers_and_nobody_elses(cast: Cast):
    """Northwind's customers are franchises: equal names in two cities are different companies there."""
    vendor = cast.northwind.pk
    with cast.scope("ada"), pytest.raises(TooFewAnswers, match="for 0 pairs, 0 of them the same"):
        refit_weights(vendor_id=vendor)
    with cast.scope("ada"):
        for number in range(12):
            name = f"Tailspin {'ABCDEFGHIJKL'[number] * 3} Toys"
            there, here = Record("1", name, city="Bonn"), Record("2", name + " Ltd", city="Bonn")
            away = Record("3", name, city="Jena")
            record_answer(actor=cast.actor("ada"), left=there, right=here, answer=Answer.SAME)
            record_answer(actor=cast.actor("ada"), left=there, right=away, answer=Answer.DIFFERENT)
        refit = refit_weights(vendor_id=vendor)
        assert (refit.answers, refit.before.right, refit.after.right) == (24, 0.5, 1.0)
        assert refit.after.loss < refit.before.loss
        assert refit.moved[0][:2] == ("city", "differs")
        use_weights(vendor_id=vendor, refit=refit)
        assert weights_of(vendor) == refit.weights
        again = refit_weights(vendor_id=vendor)
        assert again.before.right == 1.0
    with cast.scope("eve"):
        assert weights_of(cast.umbra.pk) == shipped_weights()


def test_the_command_tells_before_and_after(
    cast: Cast, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("comity.cli.match.database_and_django", lambda _report: nullcontext())
    monkeypatch.setattr(operator, "find_vendor", {"Northwind": cast.northwind.pk}.get)
    with cast.scope("ada"):
        for number in range(6):
            there = Record("1", f"Tailspin {number}{number}{number}", city="Bonn")
            away = Record("3", there.name, city="Jena")
            record_answer(actor=cast.actor("ada"), left=there, right=there, answer=Answer.SAME)
            record_answer(actor=cast.actor("ada"), left=there, right=away, answer=Answer.FAMILY)
    assert main(["match", "--refit", "Northwind"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("12 answers")
    assert [line.split()[:2] for line in told[1:3]] == [["before", "0.500"], ["after", "1.000"]]
    assert told[-1] == "Nothing was changed; --keep puts the learned weights in use."
    assert main(["match", "--refit", "Northwind", "--keep"]) == 0
    assert main(["match", "--refit", "Northwind"]) == 0
    assert "before         1.000" in capsys.readouterr().out
    assert (main(["match", "--refit", "Litware"]), main(["match", "a.csv"])) == (2, 2)


def test_known_companies_are_found_by_whatever_is_known(cast: Cast):
    vendor = cast.northwind.pk
    companies = {
        "Tailspin Maschinenbau GmbH": Record("", "Tailspin Maschinenbau GmbH", website="tailspin.de", city="Köln"),
        "Wide World Importers Ltd": Record("", "Wide World Importers Ltd", phone="+44 20 7946 0018", country="UK"),
        "Fourth Coffee Roasters": Record("", "Fourth Coffee Roasters", street="12 High Street", postcode="AB1 2CD"),
    }
    ids = {name: uuid7() for name in companies}
    asked = {
        "by a misspelt name": Record("", "TALSPIN MASCHINENBAU"),
        "by domain": Record("", "TMB", email="info@tailspin.de"),
        "by phone": Record("", "WWI", phone="020 7946 0018"),
        "by address": Record("", "4th Coffee", street="High St 12", postcode="AB12CD"),
        "by words moved": Record("", "Importers Wide World"),
        "not at all": Record("", "Litware"),
    }
    with cast.scope("ada"):
        rows = [(ids[name], "", record) for name, record in companies.items()]
        assert index_companies(vendor_id=vendor, companies=rows) == 3
        assert index_companies(vendor_id=vendor, companies=rows[:1]) == 1
        assert note_common_keys(vendor_id=vendor) == 0
        found = {
            how: [known.name for known in find_companies(vendor_id=vendor, record=record)]
            for how, record in asked.items()
        }
        best = find_companies(vendor_id=vendor, record=asked["by domain"])[0]
        ids["Litware Tailspin"] = uuid7()
        index_companies(vendor_id=vendor, companies=[(ids["Litware Tailspin"], "", Record("", "Litware Tailspin"))])
        parents = Families({str(ids["Litware Tailspin"]): str(ids["Tailspin Maschinenbau GmbH"])})
        kin = find_companies(vendor_id=vendor, record=companies["Tailspin Maschinenbau GmbH"], families=parents)
        assert [(one.name, one.finding.family) for one in kin] == [
            ("Tailspin Maschinenbau GmbH", None),
            ("Litware Tailspin", "family by a declared parent"),
        ]
        assert best.finding.reasons[-1] == "same registrable domain tailspin.de"
    assert found == {
        "by a misspelt name": ["Tailspin Maschinenbau GmbH"],
        "by domain": ["Tailspin Maschinenbau GmbH"],
        "by phone": ["Wide World Importers Ltd"],
        "by address": ["Fourth Coffee Roasters"],
        "by words moved": ["Wide World Importers Ltd"],
        "not at all": [],
    }
    for stranger, organization in (("bo", cast.fabrikam.pk), ("eve", cast.umbra.pk)):
        with cast.scope(stranger):
            assert find_companies(vendor_id=organization, record=asked["by phone"]) == []
            assert find_companies(vendor_id=vendor, record=asked["by phone"]) == []
    with cast.scope("ada"):
        assert forget_companies(vendor_id=vendor, subject_ids=list(ids.values())) == 4
        assert connection.in_atomic_block
