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
    noop("approve"), noop("approve with conditions"), noop("queue"), noop("reject"), noop("person"),
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
    noop("days"), noop("hours"),
    # Rows of metrics.
    noop("deals closed in the period"), noop("deals open on the as-of date"),
    noop("active partnerships on the as-of date"), noop("active partnerships with their revenue of the period"),
    noop("managers with the partnerships in their care"), noop("quotas that lie within the period"),
    noop("registrations submitted in the period"), noop("offers of leads made in the period"), noop("accepted"),
    noop("declined"), noop("ran out"), noop("taken back"),
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
    # Tables, as the audit log names them.
    noop("attached file"), noop("attribution settings"), noop("customer account"), noop("customer question"),
    noop("deal conflict"), noop("deal credit"), noop("distributor link"), noop("engagement rules"),
    noop("engagement draft"),
    noop("handling"), noop("log entry"), noop("manager assignment"), noop("membership"), noop("opportunity"),
    noop("opportunity partner"), noop("partner credit"), noop("partnership"), noop("partnership segment"),
    noop("partnership tag"), noop("product family"), noop("protection extension"), noop("quota"),
    noop("registration appeal"), noop("registration file"), noop("registration list"), noop("saved view"),
    noop("segment policy"), noop("snooze"), noop("task"), noop("team"),
    # Fields, as the audit log names them.
    noop("activity"), noop("added at"), noop("added by id"), noop("added by name"), noop("answer"),
    noop("answer by"), noop("answered at"), noop("answered by id"), noop("asked at"), noop("asked by name"),
    noop("attached by"), noop("basis"), noop("begun by id"), noop("body"), noop("brand hue"), noop("change id"),
    noop("clauses"), noop("columns"), noop("conditions"), noop("contact email"), noop("contact name"),
    noop("core share"), noop("counts"), noop("created at"), noop("customer country"), noop("customer domain"),
    noop("customer industry"), noop("customer name"), noop("decided at"), noop("decided by id"),
    noop("decided by name"), noop("declared split amount"), noop("declared split weight"), noop("domain key"),
    noop("done at"), noop("done by"), noop("due at"), noop("due on"), noop("edited fields"), noop("ended at"),
    noop("escalated at"), noop("escalates at"), noop("evidence"), noop("external key"), noop("families"),
    noop("fields"), noop("file"), noop("filed at"), noop("filed by id"), noop("filed by name"), noop("first"),
    noop("first touch amount"), noop("first touch weight"), noop("fiscal year starts"), noop("flag"),
    noop("found at"), noop("from on"), noop("frozen at"), noop("grounds"), noop("happened at"), noop("has letter"),
    noop("id"), noop("import run id"), noop("imported"), noop("incumbent"), noop("intake key"), noop("is active"),
    noop("is done"), noop("is letter"), noop("is shared"), noop("last touch amount"), noop("last touch weight"),
    noop("fiscal year"), noop("left"), noop("left id"), noop("left kind"), noop("linear amount"),
    noop("linear weight"), noop("list amount"), noop("logo"), noop("made"), noop("made by id"), noop("media type"),
    noop("name key"), noop("notes"), noop("number"), noop("order number"), noop("organization"),
    noop("organization model"), noop("override by id"), noop("override move"), noop("override reason"),
    noop("owner"), noop("page"), noop("pair"), noop("partner id"), noop("person"), noop("person id"),
    noop("position"), noop("position based amount"), noop("position based weight"), noop("query"),
    noop("queued behind"), noop("rank"), noop("reason"), noop("reason text"), noop("reasons"),
    noop("recorded by id"), noop("recorded by name"), noop("reference"), noop("refusal"),
    noop("registration holder amount"), noop("registration holder weight"), noop("rejects"), noop("reminded days"),
    noop("resolution"), noop("resolution text"), noop("resolved at"), noop("resolved by id"), noop("rfp"),
    noop("right"), noop("right id"), noop("right kind"), noop("runs monthly"), noop("set by"), noop("settings"),
    noop("shared with partner"), noop("side"), noop("size"), noop("slug"), noop("sort name"), noop("source"),
    noop("state"), noop("strategic share"), noop("subject id"), noop("submitted at"), noop("submitted by id"),
    noop("time decay amount"), noop("time decay weight"), noop("time zone"), noop("to on"), noop("touches"),
    noop("until on"), noop("uploaded at"), noop("uploaded by id"), noop("use case"), noop("used at"), noop("value"),
    noop("vendor id"), noop("vendor name"), noop("weights"), noop("written by"),
    # Doors.
    noop("workspace"), noop("portal"), noop("job"), noop("command"), noop("system"), noop("api"),
    # Permissions.
    noop("view partners"), noop("edit partners"), noop("log contacts"), noop("view deals"), noop("edit deals"),
    noop("decide registrations"), noop("confirm touches"), noop("reverse credit"), noop("view metrics"),
    noop("view team"), noop("manage team"), noop("evaluate segments"), noop("import data"), noop("manage program"),
    noop("manage people"), noop("manage tokens"), noop("replay deliveries"), noop("view audit"), noop("company"),
    noop("edit company"), noop("people"), noop("performance"), noop("messages"),
    # Leads, as the audit log and the table of roles name them.
    noop("checklist answer"), noop("checklist version"), noop("circle"), noop("plan step"), noop("seat"),
    noop("lead offer"), noop("lead wishes"), noop("legacy batch"),
    noop("routing version"), noop("stand in"), noop("manage leads"), noop("tokens"),
)  # fmt: skip
