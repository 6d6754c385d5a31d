"""Words are English wherever they are kept, and another language where somebody reads them."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

from django.template import Context, Template
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as some

from comity.kernel.words import Figure, Words, counted, words

plain = some.one_of(
    some.text(max_size=5), some.integers(), some.dates(), some.decimals(allow_nan=False, allow_infinity=False),
    some.builds(Figure, some.integers(-9999, 9999), some.integers(0, 4)),
    some.just(datetime(2026, 3, 2, 9, 5, tzinfo=UTC)),
)  # fmt: skip
values = plain | some.tuples(plain, plain) | some.builds(lambda value: words("inside %(x)s", x=value), plain)


@given(values)
def test_words_survive_being_copied_and_pickled(value) -> None:
    said = words("It is %(what)s.", what=value)
    for one in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert isinstance(one, Words)
        assert (one, one.template, one.values) == (said, said.template, said.values)


def test_words_are_english_to_machines_and_the_readers_language_to_people() -> None:
    since = words("The deal stands where it is since %(day)s; choose that day or a later one.", day=date(2026, 3, 2))
    assert since == "The deal stands where it is since 2 March 2026; choose that day or a later one."
    assert [str(counted("%(days)s day", "%(days)s days", days, days=days)) for days in (0, 1, 2)] == [
        "0 days",
        "1 day",
        "2 days",
    ]
    assert words("%(sum)s of %(of)s", sum=Figure(Decimal("1234.5"), 2), of=("a", "b")) == "1,234.50 of a, b"
    days = counted("%(days)s day", "%(days)s days", 3, days=3)
    with override("de"):
        assert (str(days), f"{days}", f"{days:>8}", json.dumps(days)) == ("3 Tage", "3 Tage", "  3 Tage", '"3 days"')
        assert Template("{{ said }}").render(Context({"said": days})) == "3 Tage"
        assert str(words("Unheard of & %(sum)s on %(day)s", sum=Figure(1234), day=date(2026, 3, 2))) == (
            "Unheard of & 1.234 on 2. März 2026"
        )
        assert Template("{{ said }}").render(Context({"said": words("Unheard of & <b>")})) == (
            "Unheard of &amp; &lt;b&gt;"
        )
