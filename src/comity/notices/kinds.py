"""Everything that people are told of: one table. Sentences take named values; the fact that is told gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from comity.notices.states import Side, Way


@dataclass(frozen=True)
class Kind:
    """One kind of notice: its name in code, what it is called, what it says unless the fact says more, the way it goes
    unless its reader chose another, and whose people it is for."""

    name: str
    label: Any
    sentence: Any
    default: Way
    side: Side


_TABLE: Final[tuple[tuple[str, Any, Any, Way, Side], ...]] = (
    ("registration_to_decide", _("A registration to decide"),
     _("%(reference)s: %(customer)s, by %(partner)s."), Way.AT_ONCE, Side.VENDOR),
    ("registration_overdue", _("A registration that nobody has decided in time"),
     _("%(reference)s: nobody has decided yet."), Way.AT_ONCE, Side.VENDOR),
    ("registration_appealed", _("A partner appeals against a decision"),
     _("%(reference)s: %(partner)s appeals."), Way.AT_ONCE, Side.VENDOR),
    ("extension_asked", _("A partner asks for more time"),
     _("%(reference)s: %(partner)s asks for more time."), Way.AT_ONCE, Side.VENDOR),
    ("registration_updated", _("A partner tells how a deal goes"),
     _("%(reference)s: %(partner)s tells how it goes."), Way.AT_ONCE, Side.VENDOR),
    ("deal_conflict", _("A deal of ours on a promised customer"),
     _("Conflict: %(deal)s and %(reference)s."), Way.AT_ONCE, Side.VENDOR),
    ("lead_returned", _("A partner gave a lead back"),
     _("%(reference)s came back from %(partner)s."), Way.AT_ONCE, Side.VENDOR),
    ("lead_without_reader", _("A lead is offered where nobody can sign in"),
     _("%(reference)s is offered to %(partner)s, where nobody can sign in."), Way.AT_ONCE, Side.VENDOR),
    ("task_assigned", _("A task is given to me"),
     _("%(who)s gave you a task for %(partner)s: %(task)s"), Way.AT_ONCE, Side.VENDOR),
    ("partners_handed_over", _("Partners are given to me"),
     _("%(who)s gave you %(partners)s."), Way.AT_ONCE, Side.VENDOR),
    ("message", _("The other side writes to us"),
     _("%(who)s, %(company)s: %(text)s"), Way.AT_ONCE, Side.BOTH),
    ("room_answered", _("A partner joins, declines or leaves a co-sell room"),
     _("%(partner)s answered for the room of %(deal)s."), Way.AT_ONCE, Side.VENDOR),
    ("room_share_proposed", _("A partner proposes its share of a deal"),
     _("%(partner)s proposes its share of %(deal)s."), Way.AT_ONCE, Side.VENDOR),
    ("room_message", _("Somebody writes in a co-sell room"),
     _("%(who)s, %(company)s, on %(deal)s: %(text)s"), Way.AT_ONCE, Side.BOTH),
    ("room_step", _("A step of a close plan is ours to do"),
     _("On %(deal)s it is your turn: %(step)s"), Way.AT_ONCE, Side.BOTH),
    ("room_invited", _("We are asked into a co-sell room"),
     _("%(vendor)s asks you to work together on %(deal)s."), Way.AT_ONCE, Side.PARTNER),
    ("room_removed", _("Our part in a co-sell room ends"),
     _("%(vendor)s has ended your part in the room of %(deal)s."), Way.AT_ONCE, Side.PARTNER),
    ("room_circle", _("We are brought together with other partners"),
     _("%(vendor)s brings you together on %(deal)s: %(names)s."), Way.AT_ONCE, Side.PARTNER),
    ("room_share", _("Our share of a deal is declared"),
     _("%(vendor)s has answered what your share of %(deal)s is."), Way.AT_ONCE, Side.PARTNER),
    ("import_finished", _("An import of mine has ended"),
     _("The import of %(file)s is done."), Way.INBOX, Side.VENDOR),
    ("lead_offered", _("A lead is offered to us"),
     _("A lead for you from %(vendor)s: %(reference)s."), Way.AT_ONCE, Side.PARTNER),
    ("registration_received", _("Our registration is received"),
     _("%(reference)s is received."), Way.AT_ONCE, Side.PARTNER),
    ("draft_by_email", _("An e-mail of mine became a draft"),
     _("Your e-mail is a draft for %(customer)s."), Way.AT_ONCE, Side.PARTNER),
    ("registration_decided", _("Our registration is decided, returned or ended"),
     _("%(reference)s has a new state."), Way.AT_ONCE, Side.PARTNER),
    ("protection_ending", _("A protection ends, or more time is granted"),
     _("%(reference)s: protected until %(day)s."), Way.AT_ONCE, Side.PARTNER),
    ("appeal_answered", _("Our appeal is answered"),
     _("%(reference)s: your appeal is answered."), Way.AT_ONCE, Side.PARTNER),
    ("customer_question", _("A question about a customer that is promised to us"),
     _("%(reference)s: a question about your customer."), Way.AT_ONCE, Side.PARTNER),
)  # fmt: skip

KINDS: Final = {row[0]: Kind(*row) for row in _TABLE}


def kinds_for(sides: Iterable[Side]) -> list[Kind]:
    """The kinds that people of these sides can be told of, in the order of the table."""
    wanted = {*sides, Side.BOTH}
    return [kind for kind in KINDS.values() if kind.side in wanted]
