"""What follows from deals that were written: stage history, the partners' view, the day up to which the data speak."""

from __future__ import annotations

from datetime import date
from typing import Final

from comity.deals.sharing import refresh_shared_deals, share_new_deals
from comity.deals.stage_history import AmountKnown, begin_stage_history, write_stage_history
from comity.platform.staging import rows_of, run, stage_rows
from comity.programs.importing import ImportTarget

STEPS_OF: Final = "'{stage,amount,opened_on,closed_on}'::varchar[]"
"""What a person may have set that stage history follows from; their steps are better than what an export implies."""


def conclude(target: ImportTarget, *, amounts_known: str) -> int:
    """Stage history and the partners' view of every deal that changed; returns how many deals those are."""
    vendor_id, known = target.program.vendor_id, AmountKnown(amounts_known)
    run(
        """UPDATE deals_opportunity o SET import_run_id = %(run)s
        WHERE o.vendor_id = %(vendor)s AND o.id IN (SELECT id FROM touched_deal)
          AND o.import_run_id IS DISTINCT FROM %(run)s""",
        target.values,
    )
    begin_stage_history(vendor_id=vendor_id, table="staged_deal", amounts_known=known)
    share_new_deals(vendor_id=vendor_id, deals="staged_deal", roles="staged_role" if _has_roles(target) else "")
    [(touched, new)] = rows_of(
        "SELECT (SELECT count(DISTINCT id) FROM touched_deal), (SELECT count(*) FROM staged_deal WHERE is_new)"
    )
    if touched:
        _follow_known(target, known)
        refresh_shared_deals(vendor_id=vendor_id, table="touched_deal")
    if "account" in target.fed:
        _follow_renamed(target)
    return int(new) + int(touched)


def _has_roles(target: ImportTarget) -> bool:
    return "opportunity_partner" in target.fed


def _follow_known(target: ImportTarget, known: AmountKnown) -> None:
    """The stage history of known deals that changed, except where a person took the steps."""
    stage_rows(
        "changed_history",
        f"""SELECT o.id AS opportunity_id, s.updated_on AS known_on FROM deals_opportunity o
        LEFT JOIN staged_deal s ON s.id = o.id
        WHERE o.vendor_id = %(vendor)s AND o.id IN (SELECT id FROM touched_deal)
          AND NOT o.edited_fields && {STEPS_OF}""",
        target.values,
    )
    write_stage_history(vendor_id=target.program.vendor_id, table="changed_history", amounts_known=known)


def _follow_renamed(target: ImportTarget) -> None:
    """Partners read the customer's name on their deals."""
    if stage_rows(
        "deal_of_renamed",
        """SELECT o.id FROM deals_opportunity o
        WHERE o.vendor_id = %(vendor)s AND o.account_id IN (SELECT id FROM renamed_account)""",
        target.values,
    ):
        refresh_shared_deals(vendor_id=target.program.vendor_id, table="deal_of_renamed")


def newest_fact(target: ImportTarget) -> date | None:
    """The latest opened or closed date among the staged deals, the day up to which the data speak."""
    newest: date | None = rows_of("SELECT greatest(max(opened_on), max(closed_on)) FROM staged_deal")[0][0]
    return newest
