"""Whom the vendor knows at a partner."""

from __future__ import annotations

from typing import Any

from cast import NOW, Cast
from comity.timeline.models import Message
from comity.worklist.people import KnownPerson, known_people
from registration_story import RegistrationStory


def test_somebody_is_called_by_the_name_that_we_read_last(cast: Cast) -> None:
    fabrikam = cast.of_fabrikam
    RegistrationStory(cast).registers("bo", "Acme GmbH", at=NOW)
    said: dict[str, Any] = {
        "vendor_id": cast.northwind.pk, "partnership": fabrikam, "partner_id": fabrikam.partner_id, "side": "partner",
        "written_by": cast.person("bo"), "text": "Hello",
    }  # fmt: skip
    with cast.scope("ada"):
        assert known_people(cast.actor("ada"), fabrikam) == [KnownPerson(cast.person("bo").name, None, NOW)]
        Message.objects.create(**said, author_name="Zeno")
        last = Message.objects.create(**said, author_name="Anna")
        assert known_people(cast.actor("ada"), fabrikam) == [KnownPerson("Anna", last.created_at, NOW)]
