"""What holds for a deal's history, lines, shares, customers and domains. Values in, values or a named refusal out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from comity.deals.states import DealStatus
from comity.kernel.errors import Invalid
from comity.kernel.money import Money
from comity.kernel.words import Figure, words

WHOLE: Final = Decimal(1)
SHARE_UNIT: Final = Decimal("0.000001")
"""Shares are kept with six digits: 33.3333 %."""
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


class StageDateRefused(Invalid):
    """The day of a step lies in the future, before the deal was opened, or before a step that is recorded already."""

    code, title = "stage_date_refused", words("This day does not fit the deal's history")


class LinesMismatch(Invalid):
    """The amount of a deal is not the sum of its lines. Details: `amount`, `lines`."""

    code, title = "lines_mismatch", words("The amount is not the sum of the lines")


class SharesRefused(Invalid):
    """Declared shares must lie above 0 and sum to exactly 1. Detail: `sum`."""

    code, title = "shares_refused", words("The shares do not add up")


class InvalidDomain(Invalid):
    """The text is no internet domain. Detail: `domain`."""

    code, title = "invalid_domain", words("Not an internet domain")


class CustomerCycle(Invalid):
    """A customer would be above itself."""

    code, title = "customer_cycle", words("A customer cannot be its own parent")


@dataclass(frozen=True)
class Step:
    """From `on` (None: from the beginning of time) a deal stood in this stage, with what was known of its amounts."""

    on: date | None
    stage_id: UUID
    status: DealStatus
    amount: Decimal | None = None
    recurring_amount: Decimal | None = None


History = tuple[Step, ...]


def history_of_new(
    *,
    opened_on: date | None,
    today: date,
    stage_id: UUID,
    amount: Decimal | None,
    recurring_amount: Decimal | None,
) -> History:
    """The history of an open deal recorded today: it stood in its stage from the opened day; its amount is known
    from today. Raises StageDateRefused for an opened day to come."""
    _refuse_future(opened_on, today, "opened_on")
    unknown = Step(opened_on, stage_id, DealStatus.OPEN)
    known = Step(today, stage_id, DealStatus.OPEN, amount, recurring_amount)
    if opened_on == today:
        return (known,)
    return (unknown,) if amount is None and recurring_amount is None else (unknown, known)


def moved(history: History, *, on: date, today: date, stage_id: UUID, status: DealStatus) -> History:
    """The history after a step into another open stage on a day (back into one, too: a deal is reopened so).

    Amounts learned after that day keep theirs. Raises StageDateRefused for a day to come, or before the last step.
    """
    _refuse_early_or_future(history, on, today)
    before = [step for step in history if step.on is None or step.on <= on]
    after = [step for step in history if step.on is not None and step.on > on]
    step = replace(before[-1], on=on, stage_id=stage_id, status=status)
    return (*before, step, *(replace(later, stage_id=stage_id, status=status) for later in after))


def concluded(
    history: History,
    *,
    on: date,
    today: date,
    stage_id: UUID,
    status: DealStatus,
    amount: Decimal | None,
    recurring_amount: Decimal | None,
) -> History:
    """The history of a deal that was won or lost on a day: its amount, learned later or not, counts from that day.

    Raises StageDateRefused as `moved`.
    """
    _refuse_early_or_future(history, on, today)
    before = [step for step in history if step.on is None or step.on <= on]
    return (*before, Step(on, stage_id, status, amount, recurring_amount))


def revalued(history: History, *, today: date, amount: Decimal | None, recurring_amount: Decimal | None) -> History:
    """The history after somebody entered another amount today.

    While the deal is open the amount counts from today, and a second correction of one day replaces the first. Of a
    deal that is won or lost it corrects the closing itself.
    """
    last = history[-1]
    if (last.amount, last.recurring_amount) == (amount, recurring_amount):
        return history
    if last.status is not DealStatus.OPEN:
        at = _index_of_last_move(history)
        return (*history[:at], replace(history[at], amount=amount, recurring_amount=recurring_amount))
    step = replace(last, on=_latest(last.on, today), amount=amount, recurring_amount=recurring_amount)
    return (*history[:-1], step) if last.on == step.on else (*history, step)


def opened(history: History, *, opened_on: date | None, today: date) -> History:
    """The history with another opened day. Raises StageDateRefused when it lies after the deal's next step."""
    _refuse_future(opened_on, today, "opened_on")
    following = history[1].on if len(history) > 1 else None
    if opened_on is not None and following is not None and opened_on > following:
        _refuse(
            "opened_on",
            words("The deal moved on %(following)s; it was opened that day or before.", following=following),
        )
    return (replace(history[0], on=opened_on), *history[1:])


def closed(history: History, *, closed_on: date, today: date) -> History:
    """The history with another close date of a deal that is won or lost.

    Raises StageDateRefused when it lies in the future or would pass another step.
    """
    _refuse_future(closed_on, today, "closed_on")
    at = _index_of_last_move(history)
    before = history[at - 1].on if at else None
    after = history[at + 1].on if at + 1 < len(history) else None
    if before is not None and closed_on < before:
        _refuse(
            "closed_on", words("The deal was still open on %(before)s; it closed that day or later.", before=before)
        )
    if after is not None and closed_on > after:
        _refuse(
            "closed_on",
            words("Something is recorded of the closed deal on %(after)s; it closed by that day.", after=after),
        )
    return (*history[:at], replace(history[at], on=closed_on), *history[at + 1 :])


def as_of(history: Sequence[Step], day: date) -> Step | None:
    """Where the deal stood at the end of a day; None before it was opened."""
    standing = [step for step in history if step.on is None or step.on <= day]
    return standing[-1] if standing else None


def amount_of_line(
    *, amount: Decimal | None, quantity: Decimal | None, unit_price: Decimal | None, currency: str
) -> Decimal | None:
    """The amount of a line: as given, else quantity × price rounded to the cent, else unknown."""
    if amount is not None or quantity is None or unit_price is None:
        return amount
    return (Money(unit_price, currency) * quantity).rounded().amount


def sum_of_lines(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None without lines, or when a line has no amount (part of a sum is not the sum)."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def agreed_amount(*, amount: Decimal | None, lines: Sequence[Decimal | None]) -> Decimal | None:
    """The amount of a deal with these lines: their sum where all are known. Raises LinesMismatch."""
    total = sum_of_lines(lines)
    if total is None or amount is None or amount == total:
        return amount if total is None else total
    message = words(
        "The lines sum to %(total)s; enter that amount, leave it empty, or change the lines.", total=Figure(total, 2)
    )
    raise LinesMismatch(message, fields={"amount": message}, amount=amount, lines=total)


def check_shares(shares: Iterable[Decimal | None]) -> None:
    """Accept no shares at all, or shares between 0 and 1 that sum to exactly 1. Raises SharesRefused."""
    given = [share for share in shares if share is not None]
    if not given:
        return
    total = sum(given, Decimal(0))
    if any(share <= 0 or share > WHOLE for share in given):
        raise SharesRefused(words("A share is more than 0 % and at most 100 %; leave it empty for none."), sum=total)
    if any(share != share.quantize(SHARE_UNIT) for share in given):
        raise SharesRefused(words("A share has at most four digits after the point, such as 33.3333 %."), sum=total)
    if total != WHOLE:
        said = f"{(total * 100).normalize():f}"
        raise SharesRefused(
            words("The shares sum to %(said)s %%; make that 100 %%, or leave all of them empty.", said=said), sum=total
        )


def even_shares(parts: int) -> tuple[Decimal, ...]:
    """Equal shares that sum to exactly 1; the last digits go to the first ones. Raises ValueError below one part."""
    if parts < 1:
        raise ValueError(f"Shares are for at least one, not {parts}.")
    units = int(WHOLE / SHARE_UNIT)
    each, left = divmod(units, parts)
    return tuple(SHARE_UNIT * (each + (position < left)) for position in range(parts))


def domain_of(text: str) -> str:
    """The domain in a web address, an e-mail address or a domain, in lower-case ASCII. Raises InvalidDomain."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower()).rpartition("@")[2]
    host = re.split(r"[/?#:]", bare, maxsplit=1)[0].removesuffix(".").removeprefix("www.")
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_host = ""
    if not _DOMAIN.fullmatch(ascii_host):
        message = words("“%(what)s” is not a domain. Write it like acme.de.", what=text.strip()[:80])
        raise InvalidDomain(message, fields={"domains": message}, domain=text.strip()[:253])
    return ascii_host


def domains_of(texts: Iterable[str]) -> list[str]:
    """Each domain once, in order, without the empty ones. Raises InvalidDomain."""
    return list(dict.fromkeys(domain_of(text) for text in texts if text.strip()))


def refuse_cycle(*, customer_id: UUID, parent_line: Sequence[UUID]) -> None:
    """Refuse a parent that is the customer itself or stands below it; `parent_line` is the parent and all above it."""
    if customer_id in parent_line:
        message = words("This parent is the customer itself or one of its subsidiaries; choose another.")
        raise CustomerCycle(message, fields={"parent": message})


def _index_of_last_move(history: History) -> int:
    """The step from which the deal stands in its present stage; the later ones only tell amounts."""
    at = len(history) - 1
    while at > 0 and (history[at - 1].stage_id, history[at - 1].status) == (history[at].stage_id, history[at].status):
        at -= 1
    return at


def _refuse_early_or_future(history: History, on: date, today: date) -> None:
    _refuse_future(on, today, "on")
    since = history[_index_of_last_move(history)].on
    if since is not None and on < since:
        _refuse(
            "on", words("The deal stands where it is since %(since)s; choose that day or a later one.", since=since)
        )


def _latest(first: date | None, second: date) -> date:
    return second if first is None else max(first, second)


def _refuse_future(day: date | None, today: date, field: str) -> None:
    if day is not None and day > today:
        _refuse(field, words("%(day)s is still to come; choose today or an earlier day.", day=day))


def _refuse(field: str, message: str) -> None:
    raise StageDateRefused(message, fields={field: message})
