"""Rules of routing and their reasons in sentences, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comity.deals.registration.clauses import hours_spoken
from comity.leads.clauses import Goes, Place, Preference, Routing, RoutingRule
from comity.leads.rules import Reason
from comity.leads.states import Source
from comity.matching.shipped import table
from comity.platform.languages import name_of_country, name_of_language

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

HELD: Final[dict[str, StrPromise]] = {
    "may_be_known": gettext_lazy("It may be somebody we know already."),
    "rules_say_person": gettext_lazy("The rules leave leads like this one to a person."),
    "nobody_fits": gettext_lazy("No partner fits."),
    "nobody_left": gettext_lazy("Everybody who fits was asked."),
    "self_referral": gettext_lazy("It came by a partner's link and seems to be that partner itself."),
}
PREFERENCES: Final[dict[Preference, StrPromise]] = {
    Preference.CAPACITY: gettext_lazy("who has most places free"),
    Preference.CONVERSION: gettext_lazy("who made most of earlier leads"),
    Preference.TIER: gettext_lazy("the highest tier"),
    Preference.FEWEST: gettext_lazy("who has the fewest leads in hand"),
}
FIRST: Final[dict[str, StrPromise]] = {
    "protected": gettext_lazy("Who has the customer protected goes first"),
    "referrer": gettext_lazy("Who referred the lead goes first"),
}
#: Code -> what is said when it holds, and when it does not.
_SENTENCES: Final[dict[str, tuple[StrPromise, StrPromise]]] = {
    "active": (gettext_lazy("active"), gettext_lazy("not active at present")),
    "sells": (gettext_lazy("sells"), gettext_lazy("does not sell: %(types)s")),
    "capacity": (gettext_lazy("%(open)s of %(most)s leads in hand"), gettext_lazy("full: %(open)s of %(most)s leads")),
    "takes_leads": (gettext_lazy("takes leads"), gettext_lazy("takes no leads at present")),
    "type": (gettext_lazy("is of that type"), gettext_lazy("is another type: %(types)s")),
    "tier": (gettext_lazy("tier %(tier)s"), gettext_lazy("another tier: %(tier)s")),
    "country": (gettext_lazy("works in %(country)s"), gettext_lazy("does not work in %(country)s")),
    "region": (gettext_lazy("region %(region)s"), gettext_lazy("another region: %(region)s")),
    "language": (gettext_lazy("speaks %(language)s"), gettext_lazy("does not speak %(language)s")),
    "family": (gettext_lazy("sells %(families)s"), gettext_lazy("does not sell %(missing)s")),
    "lead_country": (gettext_lazy("the lead is from %(country)s"), gettext_lazy("the lead is from %(country)s")),
    "lead_family": (gettext_lazy("about %(families)s"), gettext_lazy("about %(families)s")),
    "lead_language": (gettext_lazy("in %(language)s"), gettext_lazy("in %(language)s")),
    "lead_source": (gettext_lazy("source: %(source)s"), gettext_lazy("source: %(source)s")),
    "protected": (gettext_lazy("has this customer protected"), gettext_lazy("has it not protected")),
    "referrer": (gettext_lazy("referred the lead"), gettext_lazy("did not refer it")),
    "before_declined": (gettext_lazy("declined"), gettext_lazy("declined this lead before")),
    "before_returned": (gettext_lazy("returned"), gettext_lazy("gave this lead back before")),
    "before_ran_out": (gettext_lazy("did not answer"), gettext_lazy("did not answer in time")),
    "before_taken_back": (gettext_lazy("taken back"), gettext_lazy("it was taken back from them")),
    "by_capacity": (gettext_lazy("%(free)s places free"), gettext_lazy("%(free)s places free")),
    "by_conversion": (
        gettext_lazy("made %(converted)s deals of %(accepted)s leads"),
        gettext_lazy("made %(converted)s deals of %(accepted)s leads"),
    ),
    "by_tier": (gettext_lazy("tier %(tier)s"), gettext_lazy("tier %(tier)s")),
    "by_fewest": (gettext_lazy("%(open)s leads in hand"), gettext_lazy("%(open)s leads in hand")),
}
SOURCES: Final[dict[Source, StrPromise]] = {
    Source.WEBSITE: gettext_lazy("Website"),
    Source.EVENT: gettext_lazy("Event"),
    Source.CAMPAIGN: gettext_lazy("Campaign"),
    Source.CALL: gettext_lazy("They called us"),
    Source.OUTBOUND: gettext_lazy("We called them"),
    Source.REFERRAL: gettext_lazy("Referral"),
    Source.OTHER: gettext_lazy("Something else"),
}
UNNAMED: Final = gettext_lazy("not known")


def reason_told(reason: Reason) -> str:
    """One reason as a clause."""
    sentence = _SENTENCES[reason.code][0 if reason.holds else 1]
    return str(sentence) % {name: _value(name, value) for name, value in reason.values.items()}


def rule_name(name: str) -> str:
    """A rule's name; the two that stand before all rules have none of their own."""
    return str(FIRST.get(name, name))


def rule_told(rule: RoutingRule) -> str:
    """A rule as one sentence."""
    about = _about(rule)
    if rule.goes is Goes.TO_A_PERSON:
        return _("%(about)s wait for a person.") % {"about": about}
    said = [_who(rule)]
    if rule.place is Place.SAME_COUNTRY:
        said.append(_("in the lead's country"))
    elif rule.place is Place.REGIONS and rule.regions:
        said.append(_("in %(regions)s") % {"regions": _either(rule.regions)})
    if rule.speaks_language:
        said.append(_("who speak its language"))
    if rule.sells_family:
        said.append(_("who sell its products"))
    who = f"{said[0]} {', '.join(said[1:])}" if said[1:] else said[0]
    return _("%(about)s go to %(who)s; first %(preference)s.") % {
        "about": about, "who": who, "preference": PREFERENCES[rule.preference],
    }  # fmt: skip


def routing_told(routing: Routing) -> list[str]:
    """A whole version: what holds for every lead, around the rules."""
    said = [
        _("Who has the customer protected by an approved registration goes before every rule; nobody else is asked.")
    ]
    if routing.referrer_first:
        said.append(_("Then whoever referred the lead, if it sells."))
    said.append(
        ngettext(
            "A partner has at most %(most)s lead in hand, unless it declared another number.",
            "A partner has at most %(most)s leads in hand, unless it declared another number.",
            routing.open_leads,
        )
        % {"most": routing.open_leads}
    )
    said.append(
        _("An offer may be answered for %(time)s; then the next one is asked. Who declined is never asked again.")
        % {"time": hours_spoken(routing.offer_hours)}
    )
    said.append(_("When nobody is left, a person decides."))
    return said


def language_name(code: str) -> str:
    """The name of a language, in the reader's; its code where it is not known."""
    found = LANG_INFO.get(code) or LANG_INFO.get(code.split("-")[0]) or {}
    return name_of_language(code, str(found.get("name", code)))


def source_name(source: str) -> str:
    """Where a lead came from, in words; as it stands where that is not known."""
    return str(SOURCES[Source(source)]) if source in set(Source) else source


def country_name(code: str) -> str:
    """The name of a country's code, in the reader's language."""
    names = table("countries")["names"].get(code)
    return name_of_country(code, str(names[0]) if names else code)


def country_names() -> list[tuple[str, str]]:
    """Every country that is known: code and name in the reader's language, by name."""
    return sorted(((code, country_name(code)) for code in table("countries")["names"]), key=lambda one: one[1])


def _value(name: str, value: Any) -> str:
    if name == "country":
        return country_name(value) if value else str(UNNAMED)
    if name == "language":
        return language_name(value) if value else str(UNNAMED)
    if name == "source" and value:
        return source_name(value)
    if name == "countries":
        return ", ".join(country_name(code) for code in value) or str(UNNAMED)
    if isinstance(value, list | tuple):
        return ", ".join(str(one).replace("_", " ") for one in value) or str(UNNAMED)
    return str(value).replace("_", " ") if value != "" else str(UNNAMED)


def _about(rule: RoutingRule) -> str:
    said = []
    if rule.families:
        said.append(_("about %(families)s") % {"families": _either(rule.families)})
    if rule.countries:
        said.append(_("from %(countries)s") % {"countries": _either([country_name(code) for code in rule.countries])})
    if rule.lead_languages:
        names = [language_name(code) for code in rule.lead_languages]
        said.append(_("in %(languages)s") % {"languages": _either(names)})
    if rule.sources:
        said.append(
            _("with the source %(sources)s")
            % {"sources": _either([_("“%(name)s”") % {"name": source_name(one)} for one in rule.sources])}
        )
    return _("Leads %(said)s") % {"said": " ".join(said)} if said else _("All leads")


def _who(rule: RoutingRule) -> str:
    types = _("%(types)s partners") % {"types": _either(rule.partner_types)} if rule.partner_types else _("partners")
    return _("%(types)s of tier %(tiers)s") % {"types": types, "tiers": _either(rule.tiers)} if rule.tiers else types


def _either(names: Any) -> str:
    words = [str(name).replace("_", " ") for name in names]
    if len(words) == 1:
        return words[0]
    return _("%(first)s or %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
