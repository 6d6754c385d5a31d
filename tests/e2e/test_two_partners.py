"""Two partners claim one customer under different spellings, on the demo and on a public pipeline that was imported."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e_people import ADA, BO, DEPUTY, DIRECT, JONAS, SELLERS

PATIENCE = 60
"""So often a page is asked again, every half second, for what a background job brings."""
RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|nonce="[^"]+"')
"""Any short figure may stand in a random token."""
LOOKED_AT = ("", "deals/", "deals/registrations/", "credit/", "messages/", "notices/")
LETTERS = 3
"""It waits in the queue; its appeal is dismissed; it moves up."""
WHY = (
    "Another partner registered this customer first.",
    "If the earlier registration is withdrawn, expires or is rejected",
)


@dataclass(frozen=True)
class Case:
    """Who is who, at which vendor, and how the two write the customer."""

    vendor: str
    first: str
    partner: str
    second: str
    decider: str
    other: str
    """Another manager: the decider does not answer an appeal."""
    seller: str
    name: str
    misspelt: str
    names: tuple[str, ...]
    """By which names the first would be known."""


CASES = [
    Case(
        "northwind", BO, "Fabrikam Systems", SELLERS["Adler Systemhaus"][0], ADA, JONAS, DIRECT["northwind-partners"],
        "Morgentau Getriebebau GmbH", "MORGENTAU Getriebe-Bau Gesellschaft m.b.H.", ("Fabrikam", "Bo Sandberg"),
    ),
    Case(
        "maven", SELLERS["Anna Snelling"][0], "Anna Snelling", SELLERS["Cecily Lampkin"][0], "manager@maven.example",
        DEPUTY["maven"], DIRECT["maven"], "Quillfeather Rail Incorporated", "Quill-Feather Rail, Inc.", ("Snelling",),
    ),
]  # fmt: skip


@dataclass
class Desk:
    """Somebody's window, and where their pages begin."""

    page: Page
    root: str

    def goes(self, path: str) -> Page:
        self.page.goto(f"{self.root}{path}")
        return self.page

    def sends(self, button: Locator) -> None:
        """Press it; afterwards the server has written it down."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 302):
            button.click()

    def registers(self, name: str, value: str, closes: date) -> str:
        """The registration's key."""
        page = self.goes("deals/registrations/new/")
        typed = {
            "customer_name": name, "customer_domain": "", "customer_country": "Germany", "contact_name": "Head of IT",
            "use_case": "Their reports take a week.", "value": value, "expected_close_on": closes.isoformat(),
        }  # fmt: skip
        for field_name, text in typed.items():
            page.locator(f"[name={field_name}]").fill(text)
        page.get_by_role("button", name="Register", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        return page.url.rstrip("/").rpartition("/")[2]

    def decides(self, claim: str, move: str, **chosen: str) -> None:
        """Open the decision's form, choose and send."""
        page = self.goes(f"deals/registrations/{claim}/")
        menu = page.locator("details", has=page.locator(f"form[action$='/decide/{move}/']"))
        menu.locator("summary").click()
        for field_name, value in chosen.items():
            menu.locator(f"[name={field_name}]").select_option(value)
        self.sends(menu.get_by_role("button"))

    def answers(self, claim: str, told: str, words: str, press: str) -> None:
        """Answer an appeal or an extension under what the banner says."""
        page = self.goes(f"deals/registrations/{claim}/")
        expect(page.get_by_text(told)).to_be_visible()
        page.get_by_label("Your reasons").fill(words)
        self.sends(page.get_by_role("button", name=press, exact=True))

    def writes(self, claim: str, unfold: str, words: str, press: str) -> None:
        """What a partner writes under its registration."""
        page = self.goes(f"deals/registrations/{claim}/")
        page.locator("summary", has_text=unfold).click()
        menu = page.locator("details", has=page.get_by_role("button", name=press, exact=True))
        menu.locator("textarea").fill(words)
        self.sends(menu.get_by_role("button", name=press, exact=True))

    def in_time(self, path: str, text: str) -> Page:
        """Ask for the page until a job has brought what is expected."""
        return _in_time(self.page, lambda: text in self.goes(path).locator("body").inner_text(), text)


def _in_time(page: Page, there: Callable[[], bool], what: str) -> Page:
    for _ask in range(PATIENCE):
        if there():
            return page
        page.wait_for_timeout(500)
    raise AssertionError(f"{what!r} did not come: {page.locator('body').inner_text()}")


@pytest.mark.parametrize("case", CASES, ids=["demo", "imported"])
def test_the_first_keeps_the_customer_and_the_second_is_told_why(case: Case, visit, world) -> None:
    program = f"/workspace/{getattr(world, case.vendor)['program']}/"
    homes = {BO: world.northwind["partnership"], **world.sellers}
    first, second = (Desk(visit.page(who), f"/portal/{homes[who]}/") for who in (case.first, case.second))
    decider, other, seller = (Desk(visit.page(who), program) for who in (case.decider, case.other, case.seller))
    closes = _a_day_not_yet_read(second)
    claim = first.registers(case.name, "417398", closes)
    secret = _secrets_of(case, first.page.get_by_role("main").inner_text(), closes)
    later = second.registers(case.misspelt, "52000", closes + timedelta(days=21))

    decider.decides(claim, "approve", reason="first_and_complete", deal="new")
    page = decider.goes(f"deals/registrations/{later}/")
    expect(page.get_by_role("main")).to_contain_text(f"{case.partner} registered it first")
    decider.decides(later, "queue", reason="registered_before")
    _the_second_appeals(second, other, later)
    _a_direct_seller_competes(case, seller, decider)
    first.writes(claim, "Ask for more time", "A pilot with 14 users runs.", "Ask for an extension")
    decider.answers(claim, "The partner asks for 90 days more.", "The pilot shows it.", "Extend")
    expect(first.goes(f"deals/registrations/{claim}/").get_by_text("Extended until")).to_be_visible()
    _the_deal_is_won(case, first, decider, claim)

    second.in_time(f"deals/registrations/{later}/", "Taken up")
    _in_time(second.page, lambda: len(world.letters_to(case.second)) >= LETTERS, "the letters")
    read = [second.goes(path).content() for path in (*LOOKED_AT, f"deals/registrations/{later}/")]
    letters = world.letters_to(case.second)
    assert [secret.findall(RANDOM.sub("", text)) for text in (*read, *letters)] == [[]] * (len(read) + len(letters))
    assert len(set(secret.findall(first.goes(f"deals/registrations/{claim}/").content()))) >= 4


def _a_day_not_yet_read(second: Desk) -> date:
    """A day in four months that none of the second's pages names: one of its own deals may close on any day."""
    known = "".join(second.goes(path).content() for path in LOOKED_AT)
    soon = datetime.now(UTC).date() + timedelta(days=117)
    return next(day for day in (soon + timedelta(days=n) for n in range(20)) if not re.search(_written(day), known))


def _written(day: date) -> str:
    """A pattern of the ways in which a page or a letter writes the day."""
    return rf"{day.isoformat()}|\b{day.day} {day:%b}"


def _secrets_of(case: Case, shown: str, closes: date) -> re.Pattern[str]:
    """What would tell the second whose the other registration is, how much it is worth, and when it closes."""
    [reference] = set(re.findall(r"\bDR-\d+-\d+\b", shown))
    value, day = "417.?398", _written(closes)
    words = [re.escape(word) for word in (*case.names, case.first, case.name)]
    return re.compile("|".join([*words, rf"{reference}\b", value, day]))


def _the_second_appeals(second: Desk, other: Desk, later: str) -> None:
    """It reads why it waits, appeals, and reads the answer of somebody other than the decider."""
    page = second.goes(f"deals/registrations/{later}/")
    for told in WHY:
        expect(page.get_by_role("main")).to_contain_text(told)
    second.writes(later, "Appeal, until", "We met their board in spring.", "Appeal")
    expect(page.get_by_text("Your appeal is being looked at.")).to_be_visible()
    other.answers(later, "The partner appeals.", "The earlier registration was complete.", "Dismiss")
    page = second.goes(f"deals/registrations/{later}/")
    expect(page.get_by_text("Your appeal is dismissed.")).to_be_visible()
    expect(page.get_by_text("The earlier registration was complete.")).to_be_visible()


def _a_direct_seller_competes(case: Case, seller: Desk, decider: Desk) -> None:
    """Opens a deal on the promised customer, and reads who was first; a manager says who leads."""
    page = seller.goes("deals/new/")
    page.locator("[name=name]").fill(f"{case.name} by ourselves")
    page.locator("[name=account]").fill(case.name)
    page.get_by_role("button", name=re.compile("^(Add|Save|Record)")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("by ourselves")
    row = seller.in_time("deals/conflicts/", "by ourselves").get_by_role("row").filter(has_text="by ourselves")
    expect(row).to_contain_text(case.partner)
    expect(row).to_contain_text("The registration")
    row = decider.goes("deals/conflicts/").get_by_role("row").filter(has_text="by ourselves")
    row.locator("summary").click()
    row.locator("[name=resolution]").select_option("partner_leads")
    row.locator("[name=text]").fill("They registered it before we called.")
    decider.sends(row.get_by_role("button", name="Resolve"))
    row = seller.goes("deals/conflicts/?show=resolved").get_by_role("row").filter(has_text="by ourselves")
    expect(row).to_contain_text("The partner leads")


def _the_deal_is_won(case: Case, first: Desk, decider: Desk, claim: str) -> None:
    """The manager moves the deal; the registration follows, and the whole credit is the first partner's."""
    page = decider.goes(f"deals/registrations/{claim}/")
    page.get_by_role("link", name="its deal").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.name)
    expect(page.get_by_role("heading", name="Move the deal")).to_be_visible()
    page.locator("form[action$='/move/'] [name=stage]").select_option(label="Won")
    deal = page.url.rstrip("/").rpartition("/")[2]
    decider.sends(page.get_by_role("button", name="Move", exact=True))
    first.in_time(f"deals/registrations/{claim}/", "Won")
    page = decider.in_time(f"deals/{deal}/attribution/", "frozen on")
    table = page.get_by_role("table", name="Roles and declared split")
    credited = table.get_by_role("row").filter(has_text=case.partner)
    expect(credited).to_contain_text("100.0 %")
    expect(credited).to_contain_text("417,398.00")
    expect(page.get_by_text("All models agree: the choice changes nothing on this deal.")).to_be_visible()
