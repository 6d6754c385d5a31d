"""An export sent over the API, imported by a worker, and its bad rows given back."""

import pytest

from cast import make_cast
from comity.connectors.models import ImportRun
from comity.platform.jobs import run_worker
from connectors.imports import MAPPING

from .conftest import give_token
from .conftest import upload as send

EXPORT = {
    "managers.csv": "id,name,title,boss\r\n1,Ada,Manager,\r\n",
    "partners.csv": "id,name,status,region,manager,above\r\nP1,Tailspin,active,EMEA,1,\r\nP2,,active,EMEA,1,\r\n",
}


def upload(caller, program, files=EXPORT, own_mapping=MAPPING, headers=None, **fields):
    """The small export, unless said otherwise."""
    return send(caller, program, files, own_mapping, headers, **fields)


def test_an_import_waits_for_a_worker(cast, olga):
    answer = upload(olga, cast.program, dry_run="true")
    assert answer.status == 202, answer.body
    assert answer.headers["Location"] == f"/api/v1/imports/{answer.body['id']}"
    assert answer.body == {
        "id": answer.body["id"],
        "program_id": str(cast.program.pk),
        "state": "waiting",
        "mapping": answer.body["mapping"],
        "source_name": "managers.csv, partners.csv",
        "strict": False,
        "dry_run": True,
        "corrects_id": None,
        "progress": {"bytes_read": 0, "bytes_total": 0, "step": ""},
        "counts": {},
        "ignored_files": [],
        "kept_edits": [],
        "notes": [],
        "problem": "",
        "created_at": answer.body["created_at"],
        "finished_at": None,
        "rejects": [],
    }
    listed = olga.get(f"/imports?program={cast.program.pk}&state=waiting").body["items"]
    assert [item["id"] for item in listed] == [answer.body["id"]]
    assert olga.get(f"/imports/{answer.body['id']}/rejects").status == 404


def test_the_same_upload_twice_is_one_import(cast, olga):
    first, again = (upload(olga, cast.program, headers={"Idempotency-Key": "monday"}) for _ in range(2))
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (202, 202, "true")
    assert again.body == first.body
    other = upload(olga, cast.program, files={"managers.csv": "id\r\n"}, headers={"Idempotency-Key": "monday"})
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    with cast.scope("olga"):
        assert ImportRun.objects.count() == 1


def test_who_may_not(cast, ada, bo, eve, olga):
    reader = give_token(cast, "olga", ("read", "write"))
    assert [upload(caller, cast.program).status for caller in (ada, bo, eve, reader)] == [403, 403, 422, 403]
    run = upload(olga, cast.program).body["id"]
    assert [caller.get(f"/imports/{run}").status for caller in (ada, bo, eve, reader)] == [403, 403, 404, 403]
    assert olga.get("/imports/mappings").body["items"][:2] == ["adventureworks", "crm-sales"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"mapping": "nothing", "own": ""}, 422),
        ({"own": "not toml ["}, 422),
        ({"own": "#" * 300_000}, 422),
        ({"strict": "perhaps"}, 422),
        ({"corrects_id": "01939cf4-0000-7000-8000-000000000000"}, 422),
        ({"files": {}}, 422),
        ({"files": {"a.csv": "\x00\x01\x02"}}, 415),
        ({"mapping": "a\x00b"}, 422),
    ],
)
def test_what_cannot_be_imported(cast, olga, change, status):
    fields = {name: value for name, value in change.items() if name not in ("files", "own")}
    refused = upload(olga, cast.program, change.get("files", EXPORT), change.get("own", MAPPING), **fields)
    assert (refused.status, refused.body["code"] != "server_error") == (status, True), refused.body
    with cast.scope("olga"):
        assert ImportRun.objects.count() == 0


def test_json_is_no_upload(cast, olga):
    assert olga.post("/imports", {"program_id": str(cast.program.pk)}).status == 422


def test_the_worker_imports_it_and_its_bad_rows_come_back(committed_database):
    everybody = make_cast()
    caller = give_token(everybody, "olga", ("import", "read"))
    run = upload(caller, everybody.program).body
    run_worker(wait=False)
    done = caller.get(f"/imports/{run['id']}").body
    assert (done["state"], done["problem"], done["rejects"]) == ("done", "", [{"file": "partners.csv", "rows": 1}])
    assert done["progress"]["bytes_total"] == sum(len(text) for text in EXPORT.values())
    names = [item["name"] for item in caller.get("/partnerships?search=tailspin").body["items"]]
    assert names == ["Tailspin"]
    rejects = caller.get(f"/imports/{run['id']}/rejects")
    assert rejects.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert rejects.headers["Content-Disposition"] == 'attachment; filename="rejects partners.csv"'
    lines = rejects.body.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("id,name,status,region,manager,above")
    assert (len(lines), lines[1].startswith("P2,,active,EMEA,1,")) == (2, True)
    assert caller.get(f"/imports/{run['id']}/rejects?file=managers.csv").status == 404
    set_right(caller, run["id"])


def set_right(caller, run):
    """The bad row is read, corrected and imported again; then its import has nothing left to correct."""
    (bad,) = caller.get(f"/imports/{run}/rejects/rows?file=partners.csv").body["items"]
    assert (bad["line"], bad["column"], bad["cells"][:3], bad["corrected"]) == (3, "name", ["P2", "", "active"], None)
    assert bad["columns"][:2] == ["id", "name"]
    cells = ["P2", "Wingtip", *bad["cells"][2:]]
    stranger = "01939cf4-0000-7000-8000-000000000000"
    rows = [{"id": bad["id"], "cells": cells}]
    refused = caller.patch(f"/imports/{run}/rejects/rows", {"rows": [*rows, {"id": stranger, "cells": cells}]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "rows")
    assert caller.patch(f"/imports/{run}/rejects/rows", {"rows": [{**rows[0], "cells": ["P2"]}]}).status == 422
    assert caller.patch(f"/imports/{run}/rejects/rows", {"rows": rows}).body == {"changed": 1}
    begun = caller.post(f"/imports/{run}/corrected", {})
    assert (begun.status, begun.body["corrects_id"], begun.body["mapping"] != "") == (202, run, True)
    assert caller.post(f"/imports/{run}/corrected", {}).status == 409
    run_worker(wait=False)
    done = caller.get(begun.headers["Location"].removeprefix("/api/v1")).body
    assert (done["state"], done["rejects"]) == ("done", [])
    assert [item["name"] for item in caller.get("/partnerships?search=wingtip").body["items"]] == ["Wingtip"]
