"""Stored words that pages show as they are (`|spoken`, `coded`): listed, so that they are found and translated."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop as noop

VOCABULARY: Final = (
    # Partner types.
    noop("reseller"), noop("distributor"), noop("referral"), noop("agency"), noop("technology"),
    noop("implementation"), noop("oem"), noop("strategic alliance"),
    # Segments.
    noop("strategic"), noop("core"), noop("emerging"),
    # Models of the team.
    noop("centralized"), noop("segmented"), noop("geographic"), noop("hybrid"),
    # Partnerships.
    noop("prospect"), noop("applied"), noop("onboarding"), noop("active"), noop("paused"), noop("ended"),
    # Timeline.
    noop("call"), noop("meeting"), noop("email"), noop("note"),
    # Deals.
    noop("open"), noop("won"), noop("lost"), noop("new"), noop("expansion"), noop("renewal"), noop("teaming"),
    noop("sourced"), noop("influenced"), noop("fulfilled"), noop("implemented"), noop("supported"), noop("direct"),
    # Registrations.
    noop("none"), noop("expected"), noop("invited"), noop("public tender"), noop("prospecting"),
    noop("existing customer"), noop("inbound"), noop("event"), noop("other"), noop("draft"), noop("submitted"),
    noop("in review"), noop("returned"), noop("queued"), noop("conditionally approved"), noop("approved"),
    noop("rejected"), noop("expired"), noop("withdrawn"), noop("revoked"), noop("asked"), noop("granted"),
    noop("dismissed"), noop("refused"), noop("same"), noop("family"), noop("ask"), noop("different"), noop("quiet"),
    # Reasons of decisions.
    noop("first and complete"), noop("customer names the partner"), noop("agreed with sales"),
    noop("appeal granted"), noop("registered before"), noop("vendor is working on it"),
    noop("not covered by the rules"), noop("no answer"), noop("duplicate of your own"), noop("customer unclear"),
    noop("value unclear"), noop("need unclear"), noop("evidence missing"), noop("contact missing"),
    noop("no activity"), noop("wrong statements"), noop("customer asked for another"), noop("partnership ended"),
    # Dimensions, units, spans.
    noop("partner"), noop("tier"), noop("type"), noop("segment"), noop("region"), noop("manager"), noop("role"),
    noop("month"), noop("quarter"), noop("year"), noop("custom"), noop("money"), noop("ratio"), noop("count"),
    noop("days"),
    # Rows of metrics.
    noop("deals closed in the period"), noop("deals open on the as-of date"),
    noop("active partnerships on the as-of date"), noop("active partnerships with their revenue of the period"),
    noop("managers with the partnerships in their care"), noop("quotas that lie within the period"),
    # Columns of lists and exports.
    noop("deal"), noop("customer"), noop("status"), noop("opened"), noop("closed"), noop("currency"),
    noop("amount"), noop("deals"), noop("last activity"), noop("last won"),
    # Attribution.
    noop("registration"), noop("lead accepted"), noop("joint call"), noop("demo"), noop("proof of concept"),
    noop("campaign response"), noop("content share"), noop("intro"), noop("integration in use"), noop("waiting"),
    noop("confirmed"), noop("first touch"), noop("last touch"), noop("linear"), noop("time decay"),
    noop("position based"), noop("registration holder"), noop("declared split"), noop("credited"), noop("reversed"),
    noop("revalued"), noop("import"), noop("declared"), noop("claim"), noop("touch"), noop("done"), noop("failed"),
    noop("running"), noop("reversal"), noop("reopened"),
    # Fields, as the history names them.
    noop("name"), noop("next step"), noop("next step on"), noop("next step, due"), noop("started on"),
    noop("launched on"), noop("ended on"), noop("potential"), noop("external id"), noop("sub type"), noop("types"),
    noop("tags"), noop("health"), noop("title"), noop("website"), noop("country"), noop("about"), noop("stage"),
    noop("kind"), noop("product"), noop("list price"), noop("recurring amount"), noop("opened on"),
    noop("closed on"), noop("expected close on"), noop("expected close"), noop("term months"), noop("loss reason"),
    noop("competitors"), noop("account"), noop("description"), noop("capacity"), noop("regions"),
    noop("partner types"), noop("quantity"), noop("unit price"), noop("share"), noop("domains"), noop("industry"),
    noop("postcode"), noop("city"), noop("employees"), noop("annual revenue"), noop("parent"), noop("starts on"),
    noop("ends on"), noop("period"), noop("served on"), noop("line"), noop("reports to"), noop("cost"),
    noop("probability"), noop("program"), noop("text"), noop("updated at"), noop("source updated at"),
)  # fmt: skip
