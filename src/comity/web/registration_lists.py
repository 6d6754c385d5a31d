"""Lists of registrations on both sides' pages: what they share."""

from __future__ import annotations

import csv
import io
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comity.deals.intake.labels import DECIDED, KEY, PARTNER, PROTECTED, STATE, SUBMITTED
from comity.deals.intake.lists import Row, Sent
from comity.deals.intake.tables import FIELDS
from comity.deals.models import RegistrationList
from comity.kernel.errors import Invalid
from comity.platform.files import Upload

SHOWN_ROWS = 20
LABELS = {
    "customer_name": gettext_lazy("Customer"),
    "customer_domain": gettext_lazy("Web domain"),
    "customer_country": gettext_lazy("Country"),
    "customer_industry": gettext_lazy("Industry"),
    "contact_name": gettext_lazy("Contact"),
    "contact_email": gettext_lazy("E-mail of the contact"),
    "kind": gettext_lazy("Kind"),
    "families": gettext_lazy("Products"),
    "use_case": gettext_lazy("What they need"),
    "value": gettext_lazy("Expected value"),
    "currency": gettext_lazy("Currency"),
    "expected_close_on": gettext_lazy("Expected to close on"),
    "rfp": gettext_lazy("Tender"),
    "source": gettext_lazy("Source"),
    "incumbent": gettext_lazy("Supplier now"),
    "competitors": gettext_lazy("Competitors"),
    "evidence": gettext_lazy("Evidence"),
    "notes": gettext_lazy("Notes"),
    KEY: gettext_lazy("Key of the row"),
    PARTNER: gettext_lazy("Partner"),
}


def upload_of(request: HttpRequest) -> Upload:
    """The chosen file. Raises Invalid."""
    upload = request.FILES.get("file")
    if upload is None:
        raise Invalid(_("Choose a file first."))
    return cast(Upload, upload)


def chosen_fields(request: HttpRequest, record: RegistrationList) -> list[str]:
    """What the form says of each column."""
    return [request.POST.get(f"column_{place}", "") for place in range(len(record.columns))]


def context_of(record: RegistrationList, rows: list[Row], *, with_partner: bool) -> dict[str, Any]:
    """What the page of one list shows: columns with their choices, rows as they would be taken or as they were."""
    offered = [*([PARTNER] if with_partner else []), *FIELDS, KEY]
    choices = [("", _("left out")), *((name, LABELS[name]) for name in offered)]
    bad = [row for row in rows if row.wrong]
    return {
        "record": record,
        "columns": [
            {"heading": heading, "name": f"column_{place}", "field": field}
            for place, (heading, field) in enumerate(zip(record.columns, record.fields, strict=True))
        ],
        "choices": choices,
        "bad": bad[:SHOWN_ROWS],
        "bad_count": len(bad),
        "good_count": len(rows) - len(bad),
        "rejects": [
            {"line": one["line"], "wrong": one["reasons"], "cells": one["cells"]} for one in record.rejects[:SHOWN_ROWS]
        ],
    }


def rejects_of(record: RegistrationList) -> HttpResponse:
    """The rows that were not taken as CSV, in their own columns with the reasons: to be corrected and brought again."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*record.columns, "Reason"])
    writer.writerows([*map(_plain, one["cells"]), " ".join(one["reasons"])] for one in record.rejects)
    return _csv(f"rejects {record.name}", text.getvalue())


def sample(*, with_partner: bool) -> HttpResponse:
    """An empty list whose headings are understood."""
    names = [*([PARTNER] if with_partner else []), KEY, *FIELDS]
    return _csv("registrations.csv", ",".join(_spoken(name) for name in names) + "\r\n")


def older_sample() -> HttpResponse:
    """An empty list for registrations of an older system."""
    names = [PARTNER, KEY, "customer_name", SUBMITTED, STATE, DECIDED, PROTECTED, *FIELDS[1:]]
    return _csv("older registrations.csv", ",".join(_spoken(name) for name in names) + "\r\n")


def told(sent: Sent) -> str:
    """How submitting went, in a sentence."""
    said = [_("%(count)s registrations are on their way.") % {"count": sent.submitted}]
    if sent.incomplete:
        said.append(_("%(count)s drafts lack something.") % {"count": sent.incomplete})
    if sent.waiting:
        said.append(_("%(count)s wait: so many in an hour are the most. Submit them later.") % {"count": sent.waiting})
    return " ".join(said)


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _csv(name: str, text: str) -> HttpResponse:
    answer = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell and cell[0] in "=+-@\t" and not cell[1:2].isdigit() else cell
