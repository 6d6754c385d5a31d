"""A request that is refused leaves nothing; one that succeeds, or asks to keep its writes, leaves all."""

import pytest
from django.http import HttpResponse

from comity.identity.models import Person
from comity.platform.answering import answer_as, keep_writes


def _view(status: int, *, keep: bool = False):
    def answer() -> HttpResponse:
        Person.objects.create_user("kim@northwind.example", name="Kim")
        response = HttpResponse("", status=status)
        return keep_writes(response) if keep else response

    return answer


@pytest.mark.parametrize(
    ("status", "keep", "kept"), [(200, False, True), (302, False, True), (404, False, False), (422, True, True)]
)
@pytest.mark.django_db
def test_the_status_decides_whether_writes_stay(status, keep, kept):
    response = answer_as(_view(status, keep=keep), door="page", person_id=None)
    assert (response.status_code, Person.objects.filter(email="kim@northwind.example").exists()) == (status, kept)


@pytest.mark.django_db
def test_an_exception_leaves_nothing_and_goes_on():
    def answer() -> HttpResponse:
        _view(200)()
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        answer_as(answer, door="page", person_id=None)
    assert not Person.objects.filter(email="kim@northwind.example").exists()
