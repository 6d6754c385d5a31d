"""The look of a programme: hue and logo, for the vendor's people and the partners in it, and for nobody else."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import SimpleUploadedFile

from comity.platform.models import StoredFile
from comity.programs.branding import LOGO_BYTES
from comity.programs.models import Program
from comity.programs.queries.programs import brand_of_letters

LOOK = "/workspace/northwind/settings/look/"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def image(content: bytes = PNG, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def logo_on(page) -> str:
    found = re.search(r'class="brand-logo" src="([^"]+)"', page.content.decode())
    return found[1] if found else ""


def test_a_vendor_chooses_its_look_and_partners_see_it(cast):
    olga = cast.browser("olga")
    assert olga.post(LOOK, {"hue": "150", "logo": image()}).status_code == 302
    page = olga.get(LOOK)
    assert 'data-hue="150"' in page.content.decode()[:300]
    kept = olga.get(logo_on(page))
    assert (kept.content, kept["Content-Type"], "immutable" in kept["Cache-Control"]) == (PNG, "image/png", True)
    portal = f"/portal/{cast.of_fabrikam.pk}/"
    bo = cast.browser("bo")
    theirs = bo.get(portal)
    assert 'data-hue="150"' in theirs.content.decode()[:300]
    assert bo.get(logo_on(theirs)).content == PNG
    assert cast.browser("cy").get(logo_on(theirs)).status_code == 404
    assert cast.browser("eve").get(logo_on(page)).status_code == 404
    with cast.scope("ada"):
        assert brand_of_letters(cast.northwind.pk).hue == 150
    assert olga.post(LOOK, {"hue": "", "without_logo": "on"}).status_code == 302
    assert (logo_on(olga.get(LOOK)), bo.get(logo_on(theirs)).status_code) == ("", 404)
    with cast.scope("ada"):
        assert not StoredFile.objects.filter(purpose="logo").exists()


def test_what_is_no_logo_is_refused_and_the_choice_stays_on_the_page(cast):
    olga = cast.browser("olga")
    refused = {
        "Choose a PNG or JPEG image": {"hue": "40", "logo": image(b"<svg onload='x()'/>", "logo.svg")},
        f"more than {LOGO_BYTES // 1000} kB": {"hue": "40", "logo": image(PNG + bytes(LOGO_BYTES))},
        "Select a valid choice": {"hue": "41"},
    }
    for words, given in refused.items():
        answer = olga.post(LOOK, given)
        text = answer.content.decode()
        assert (answer.status_code, words in text) == (422, True), words
        assert ('value="40" aria-label="Hue 40" checked' in text) == (given["hue"] == "40")
    with cast.scope("ada"):
        kept = Program.objects.get(pk=cast.program.pk)
        assert (kept.brand_hue, kept.logo_id, StoredFile.objects.count()) == (None, None, 0)
    assert cast.browser("vera").get(LOOK).status_code == 403
