"""Pages by cursor: everybody once, whatever is added meanwhile; a cursor belongs to its list."""

from urllib.parse import parse_qs, urlsplit

from cast import make_partnership


def walk(caller, address):
    """Every page, and the addresses of the next ones."""
    while address:
        answer = caller.get(address)
        assert answer.status == 200, answer.body
        yield answer.body["items"]
        address = answer.body["next"]


def partners(cast, count, start=0):
    from comity.identity.models import Organization

    with cast.scope("ada"):
        for number in range(start, start + count):
            private = Organization.objects.create(name=f"P{number}", private_to_id=cast.northwind.pk)
            make_partnership(cast.program, private.pk, f"P{number}")


def test_everybody_once_however_small_the_page(cast, ada):
    partners(cast, 5)
    names = [[item["name"] for item in page] for page in walk(ada, "/partnerships?limit=3")]
    assert names == [["Fabrikam", "Contoso", "P0"], ["P1", "P2", "P3"], ["P4"]]


def test_a_row_added_meanwhile_moves_nobody(cast, ada):
    partners(cast, 3)
    pages = walk(ada, "/partnerships?limit=2")
    seen = [item["name"] for item in next(pages)]
    partners(cast, 2, start=3)
    seen += [item["name"] for page in pages for item in page]
    assert seen == ["Fabrikam", "Contoso", "P0", "P1", "P2", "P3", "P4"]


def test_filters_stay_with_the_cursor(cast, ada):
    partners(cast, 3)
    first = ada.get("/partnerships?limit=1&search=p&status=active").body
    assert first["items"][0]["name"] == "P0"
    assert {
        name: values[0] for name, values in parse_qs(urlsplit(first["next"]).query).items() if name != "cursor"
    } == {
        "limit": "1",
        "search": "p",
        "status": "active",
    }
    assert [page[0]["name"] for page in walk(ada, first["next"])] == ["P1", "P2"]


def test_a_cursor_of_another_list_is_refused(cast, ada, olga, eve):
    partners(cast, 3)
    cursor = parse_qs(urlsplit(ada.get("/partnerships?limit=1").body["next"]).query)["cursor"][0]
    assert olga.get(f"/partnerships?limit=2&cursor={cursor}").status == 200
    for caller, address in [
        (ada, f"/partnerships?status=active&cursor={cursor}"),
        (ada, f"/customer-accounts?cursor={cursor}"),
        (ada, f"/partnerships?cursor={cursor}x"),
        (ada, "/partnerships?cursor=abc"),
        (ada, "/partnerships?cursor="),
        (eve, f"/partnerships?cursor={cursor}"),
    ]:
        refused = caller.get(address)
        assert (refused.status, refused.body["code"]) == (422, "bad_cursor"), address
