"""Every address of the pages, taken from the resolver: a stranger and a rival learn nothing at any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

WORD: Final = "Northwindsecret"

# What stands for each part of an address: Northwind's own row. A new kind of part needs a line here.
ROWS: Final = {
    "partnership": "programs_partnership",
    "deal": "deals_opportunity",
    "customer": "deals_customeraccount",
    "run": "programs_segmentrun",
    "group": "programs_team",
    "manager": "programs_manager",
    "tier": "programs_tier",
    "region": "programs_region",
    "quota": "programs_quota",
    "membership": "identity_membership",
    "member": "identity_membership",
    "invitation": "identity_invitation",
    "token": "identity_apitoken",
    "delivery": "platform_delivery",
    "file_id": "platform_storedfile",
    "organization": "identity_organization",
    "run_id": "connectors_importrun",
    "upload": "platform_storedfile",
    "shared": "deals_shareddeal",
    "registration": "deals_registration",
    "conflict": "deals_dealconflict",
    "touch": "attribution_touch",
    "question": "deals_customerquestion",
    "stand_in": "deals_standin",
    "version": "deals_engagementrules",
    "trial": "deals_rulestrial",
    "settings_version": "attribution_attributionsettings",
    "credit_run": "attribution_creditrun",
    "touch_file": "attribution_touchfile",
    "stage": "deals_stage",
    "product": "deals_product",
    "family": "deals_productfamily",
    "notice": "notices_notice",
    "message_file": "timeline_messagefile",
    "entry": "timeline_logentry",
    "task": "timeline_task",
    "attached": "timeline_attachedfile",
    "batch": "deals_legacybatch",
    "listed": "deals_registrationlist",
    "attachment": "deals_registrationfile",
    "subject": "programs_partnership",
    "lead": "leads_lead",
    "room": "cosell_room",
    "room_member": "cosell_member",
    "room_file": "cosell_roomfile",
    "room_step": "cosell_planstep",
    "offer": "leads_leadoffer",
    "leads_file": "leads_leadfile",
    "kept_mapping": "connectors_keptmapping",
    "step": "programs_reassignment",
}
# Parts that are no rows: any person may know them.
WORDS: Final = {
    "name": "win_rate",
    "letter": "1",
    "number": "1",
    "kind": "application",
    "field": "tier",
    "form": "csv",
    "move": "approve",
    "action": "withdraw",
}
# Pages that belong to no organization: a person's own, or nobody's. Each has tests of its own.
PERSONAL: Final = {
    "healthz",
    "readyz",
    "prometheus",
    "landing",
    "places",
    "portal_list",
    "invitation",
    "refer",
    "refer_logo",
    "profile",
    "session_end",
    "notice_settings",
    "stop_mail",
    "demo_mail",
    "demo_letter",
    "demo_letter_html",
    "styleguide",
    "program_new",
}
# Doors with their own proof: the API's routes in tests/api/test_isolation.py, sign-in in tests/web/test_sign_in.py.
ELSEWHERE: Final = ("api/", "accounts/")


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver, with the names of its parts."""

    name: str
    pattern: str
    parts: tuple[str, ...]

    def filled(self, values: dict[str, str]) -> str:
        """The path with these values."""
        path = self.pattern
        for part in self.parts:
            begin = path.index("<")
            end = path.index(">") + 1
            assert path[begin:end].rstrip(">").split(":")[-1].lstrip("<") == part
            path = path[:begin] + values[part] + path[end:]
        return f"/{path}"


def addresses(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> list[Address]:
    """Every address that is not somebody else's to prove."""
    found: list[Address] = []
    for pattern in (resolver or get_resolver()).url_patterns:
        here = prefix + str(pattern.pattern)
        if here.startswith(ELSEWHERE):
            continue
        if isinstance(pattern, URLPattern):
            parts = tuple(piece.split(">")[0].split(":")[-1] for piece in here.split("<")[1:])
            found.append(Address(f"{space}{pattern.name}", here, parts))
        else:
            found += addresses(pattern, here, space + (f"{pattern.namespace}:" if pattern.namespace else ""))
    return found


def of(door: str) -> list[Address]:
    return [address for address in addresses() if address.name.startswith(door)]


def named(address: Address) -> str:
    return address.name


def northwinds(world, address: Address) -> dict[str, str]:
    """Northwind's rows for the parts of an address."""
    values = {part: str(world.northwind[ROWS[part]]["id"]) for part in address.parts if part in ROWS}
    if address.name.startswith("workspace:import"):
        values["run"] = str(world.northwind["connectors_importrun"]["id"])
    return values | {"program": world.northwind["programs_program"]["slug"]} | WORDS


def answers(client: Client, path: str) -> dict[str, object]:
    """What a GET and a POST get, and whether either says anything of Northwind's."""
    client.raise_request_exception = False
    seen = {}
    for method in ("get", "post"):
        answer = getattr(client, method)(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert WORD.lower() not in content.decode(errors="replace").lower(), f"{method} {path}"
        seen[method] = answer.status_code
    return seen


def test_every_part_of_an_address_has_a_sample():
    known = {"program", "secret", "session", "token", *ROWS, *WORDS}
    unknown = {address.name: part for address in addresses() for part in address.parts if part not in known}
    assert unknown == {}, "Add a row of Northwind's for it to ROWS."
    elsewhere = {address.name for address in addresses() if not address.name.startswith(("workspace:", "portal:"))}
    assert elsewhere - PERSONAL == {"enter"}, "Is this page of an organization? Then it belongs behind a door."
    assert len(of("workspace:")) > 40
    assert len(of("portal:")) > 5


@pytest.mark.parametrize("address", of("workspace:") + of("portal:"), ids=named)
def test_a_stranger_gets_404(world, address):
    """Eve runs a vendor of her own, so that no lack of a role hides what isolation must."""
    seen = answers(world.browser("eve"), address.filled(northwinds(world, address)))
    assert set(seen.values()) <= {404, 405}, seen
    assert 404 in seen.values()


@pytest.mark.parametrize("address", of("workspace:") + of("portal:"), ids=named)
def test_a_rival_gets_404(world, address):
    """Cy works for another partner of the same program."""
    seen = answers(world.browser("cy"), address.filled(northwinds(world, address)))
    assert set(seen.values()) <= {404, 405}, seen


@pytest.mark.parametrize("address", [one for one in of("workspace:") if set(one.parts) & set(ROWS)], ids=named)
def test_ones_own_program_leads_to_nobody_elses_rows(world, address):
    """The door lets Eve in, and the row must still not be found."""
    values = northwinds(world, address) | {"program": world.umbra["programs_program"]["slug"]}
    seen = answers(world.browser("eve"), address.filled(values))
    assert set(seen.values()) <= {404, 405}, seen


@pytest.mark.parametrize("address", [one for one in of("portal:") if len(one.parts) > 1], ids=named)
def test_ones_own_partnership_leads_to_nobody_elses_rows(world, address):
    values = northwinds(world, address) | {"partnership": str(world.cast.of_contoso.pk)}
    seen = answers(world.browser("cy"), address.filled(values))
    assert set(seen.values()) <= {403, 404, 405}, seen


@pytest.mark.parametrize("address", [one for one in of("workspace:") if not set(one.parts) & set(ROWS)], ids=named)
@pytest.mark.parametrize("search", ["", f"?q={WORD}&search={WORD}"])
def test_ones_own_pages_say_nothing_of_others(world, address, search):
    """Lists, counts, searches and exports of Eve's own program."""
    client = world.browser("eve")
    client.raise_request_exception = False
    values = {"program": world.umbra["programs_program"]["slug"]} | WORDS
    answer = client.get(address.filled(values) + search)
    assert answer.status_code in (200, 302, 405, 422), answer.status_code
    content = b"".join(_all(answer)) if answer.streaming else answer.content
    text = content.decode(errors="replace").replace(f'value="{WORD}"', "").replace(search, "")
    assert str(world.cast.northwind.pk) not in text
    for line in (line for line in text.splitlines() if WORD in line):
        assert f"{WORD}1" not in line, line  # the word as asked for may be repeated, a stored one has a number behind


def _all(answer) -> list[bytes]:
    from asgiref.sync import async_to_sync

    async def gather() -> list[bytes]:
        return [piece async for piece in answer.streaming_content]

    return async_to_sync(gather)() if answer.is_async else list(answer.streaming_content)


@pytest.mark.parametrize("address", of("workspace:") + of("portal:") + of("enter"), ids=named)
def test_nobody_is_sent_to_sign_in(world, address):
    path = address.filled(northwinds(world, address))
    for method in ("get", "post"):
        answer = getattr(Client(), method)(path)
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/?next=")


def test_the_organization_of_others_cannot_be_entered(world):
    assert world.browser("eve").get(f"/places/{world.cast.northwind.pk}/").status_code == 404


def test_what_does_not_exist_answers_as_what_is_hidden(world):
    """Word for word, but for the request's own name."""
    client = world.browser("eve")
    hidden = client.get(f"/workspace/{world.northwind['programs_program']['slug']}/partners/")
    invented = client.get("/workspace/invented/partners/")
    assert (hidden.status_code, _plain(hidden)) == (404, _plain(invented))


def _plain(answer) -> str:
    import re

    return re.sub(r'(csrf-token" content|csrfmiddlewaretoken" value)="[^"]*"', "", answer.content.decode())
