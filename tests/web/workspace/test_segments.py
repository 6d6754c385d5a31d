"""The segments' pages: evaluate, look at who would move and why, apply."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from comity.programs.models import PartnershipSegment, SegmentPolicy, SegmentRun
from comity.web.workspace import segments


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


@pytest.fixture
def revenue(cast, monkeypatch):
    figures = {cast.of_fabrikam.pk: Decimal(500), cast.of_contoso.pk: None}
    monkeypatch.setattr(segments, "_revenue", lambda program, as_of: figures)
    return figures


def test_the_story_from_nothing_to_applied(cast, revenue):
    olga = cast.browser("olga")
    assert "Not evaluated yet" in olga.get(at("segments")).content.decode()
    page = olga.post(at("segments_evaluate"), follow=True).content.decode()
    assert "Apply 2 moves" in page
    assert "Rank 1 of 2: revenue EUR 500.00. Ranks 1 to 1 are Strategic." in page
    with cast.scope("olga"):
        run = SegmentRun.objects.get()
        assert not PartnershipSegment.objects.exists()
    applied = olga.post(at("segments_apply", run.pk), follow=True).content.decode()
    assert "The segments are applied." in applied
    assert "Apply" not in applied.partition("<h2>")[0].partition("page-header")[2].replace("The segments", "")
    found = cast.browser("ada").get(at("partners"), {"segment": "strategic"}).content.decode()
    assert ("Fabrikam" in found, "Contoso" in found) == (True, False)
    assert "Rank 1 of 2" in cast.browser("ada").get(at("partner", cast.of_fabrikam.pk)).content.decode()


def test_an_outdated_proposal_says_so(cast, revenue):
    olga = cast.browser("olga")
    olga.post(at("segments_evaluate"))
    with cast.scope("olga"):
        run = SegmentRun.objects.get()
    revenue[cast.of_contoso.pk] = Decimal(900)
    page = olga.post(at("segments_apply", run.pk), follow=True).content.decode()
    assert "Evaluate again and look at the new proposal." in page
    with cast.scope("olga"):
        assert not PartnershipSegment.objects.exists()


def test_the_cut_is_changed_and_a_wrong_one_kept_on_the_form(cast):
    olga = cast.browser("olga")
    page = olga.get(at("segments_policy")).content.decode()
    assert 'value="12.5"' in page
    weights = {"strategic": "3", "core": "2", "emerging": "1"}
    wrong = olga.post(at("segments_policy"), {"strategic_share": "60", "core_share": "50", **weights})
    assert (wrong.status_code, "at most 100 %" in wrong.content.decode()) == (422, True)
    assert 'value="60"' in wrong.content.decode()
    right = olga.post(at("segments_policy"), {"strategic_share": "10", "core_share": "40", **weights})
    assert right.status_code == 302
    with cast.scope("olga"):
        policy = SegmentPolicy.objects.get()
        assert (policy.strategic_share, policy.weights) == (Decimal("0.1"), weights)


def test_a_partner_manager_looks_and_does_not_evaluate(cast, revenue):
    ada = cast.browser("ada")
    assert "Evaluate</button>" not in ada.get(at("segments")).content.decode()
    assert ada.post(at("segments_evaluate")).status_code == 403
    assert ada.get(at("segments_policy")).status_code == 403


@pytest.mark.parametrize("reader", ["bo", "cy", "eve"])
def test_partners_and_strangers_find_nothing(cast, revenue, reader):
    cast.browser("olga").post(at("segments_evaluate"))
    with cast.scope("olga"):
        run = SegmentRun.objects.get()
    browser = cast.browser(reader)
    answers = [browser.get(at("segments")), browser.get(at("segments_run", run.pk)), browser.get(at("segments_policy"))]
    answers += [browser.post(at("segments_evaluate")), browser.post(at("segments_apply", run.pk))]
    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_run_of_another_vendor_is_not_found(cast, revenue):
    with cast.scope("eve"):
        run = SegmentRun.objects.create(
            vendor_id=cast.umbra.pk, program=cast.umbra_program, as_of="2026-01-01", strategic_share=0, core_share=0
        )
    olga = cast.browser("olga")
    assert [olga.get(at("segments_run", run.pk)).status_code, olga.post(at("segments_apply", run.pk)).status_code] == [
        404,
        404,
    ]
