"""Keys by which one company is found among a million: each says something rare, and two spellings share some of them.

A key is a 32-bit hash, salted by the vendor; a chance collision only proposes a company that is then judged different.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain, combinations, pairwise
from typing import Final
from uuid import UUID

from comity.matching.domains import registrable
from comity.matching.profile import Profile
from comity.matching.record import Kind
from comity.matching.vocabulary import meanings

MOST_PAIRED: Final = 5  # words of a name that are paired with each other
MISSPELT: Final = 2  # rarest words that are also found with one letter missing, doubled, wrong or swapped
FEWEST_LETTERS: Final = 5
CERTAIN: Final = 11.0  # nats that a shared domain, telephone or address is worth


def keys_of(
    company: Profile,
    vendor_id: UUID,
    weigh: Callable[[str], float],
    *,
    hosts: Sequence[str] = (),
    kind: Kind = Kind.CUSTOMER,
) -> dict[int, float]:
    """Key -> what sharing it is worth, in nats, to rank candidates by. The same keys index and search.

    `hosts` are further domains of the company, also such as no public list knows. Each kind has keys of its own, so
    that a search among few records never steps through those of a million others.
    """
    found: dict[int, float] = {}
    salt = vendor_id.bytes + (b"" if kind is Kind.CUSTOMER else kind.value.encode())
    for text, worth in chain(_texts(company, weigh), _of_hosts(hosts)):
        digest = blake2b(text.encode(), digest_size=4, key=salt).digest()
        number = int.from_bytes(digest, "big", signed=True)
        found[number] = max(worth, found.get(number, 0.0))
    return found


def _texts(company: Profile, weigh: Callable[[str], float]) -> Iterator[tuple[str, float]]:
    for domain in company.domains:
        yield "d:" + domain.label.replace("-", ""), CERTAIN
    if company.mailbox:
        yield "d:" + company.mailbox, CERTAIN
    if company.phone:
        yield "t:" + company.phone, CERTAIN
    if company.postcode and company.street:
        yield f"a:{company.postcode}:{company.street}", CERTAIN
    if company.core:
        yield from _of_name(company.core, weigh)
        yield from _of_name_and_place(company)


def _of_hosts(hosts: Sequence[str]) -> Iterator[tuple[str, float]]:
    for host in hosts:
        domain = registrable(host)
        yield ("d:" + domain.label.replace("-", "") if domain else "h:" + host.lower()), CERTAIN


def _of_name(core: tuple[str, ...], weigh: Callable[[str], float]) -> Iterator[tuple[str, float]]:
    words = [(_stem(word), weigh(word)) for word in core]
    whole = sum(worth for _word, worth in words)
    yield "d:" + "".join(core), min(whole, CERTAIN)
    if len(core) > 1:  # a domain is often the first two words
        yield "d:" + "".join(core[:2]), min(words[0][1] + words[1][1], CERTAIN)
        yield "n:" + "".join(sorted(stem for stem, _worth in words)), whole
    for stem, worth in words:
        yield "w:" + stem, worth
    for (one, first), (other, second) in combinations(words[:MOST_PAIRED], 2):
        yield "p:" + ":".join(sorted((one, other))), first + second
    for one, other in pairwise(core):
        yield "w:" + one + other, weigh(one) + weigh(other)
    rarest = sorted({word for word in core if len(word) >= FEWEST_LETTERS}, key=lambda word: (-weigh(word), word))
    for word in rarest[:MISSPELT]:
        for shorter in {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}:
            yield "x:" + shorter, 0.7 * weigh(word)
    initials = "".join(word[0] for word in core)
    for short in (initials, *(word for word in core if len(word) < FEWEST_LETTERS)):
        if len(short) > 2:
            yield "i:" + short, 5.0


def _of_name_and_place(company: Profile) -> Iterator[tuple[str, float]]:
    """What is common by itself but not where the company is."""
    start, whole = company.core[0][:3], "".join(sorted(map(_stem, company.core)))
    if company.postcode:
        yield f"z:{company.postcode}:{start}", CERTAIN
    if company.street:
        yield f"s:{company.street}:{start}", CERTAIN
    if company.city:
        yield f"c:{company.city}:{whole}", CERTAIN
        for word in company.core:
            yield f"c:{company.city}:{_stem(word)}", 8.0
    if company.country:
        yield f"l:{company.country}:{whole}", 9.0


def _stem(word: str) -> str:
    """One writing for the abbreviations of one word."""
    return min(meanings(word), default=word)
