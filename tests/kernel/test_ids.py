"""Keys are in order, public ids give nothing away, references are short."""

import os
import threading
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.ids import PUBLIC_ALPHABET, TimeOrdered, human_reference, public_id, uuid7


def test_a_key_is_a_uuid_of_version_7_with_the_time_in_front():
    before = time.time_ns() // 1_000_000
    key = uuid7()
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert before <= key.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_keys_grow_within_a_process():
    keys = [uuid7() for _ in range(20_000)]
    assert keys == sorted(set(keys))


def test_keys_of_several_threads_are_distinct_and_in_order_for_each():
    kept: list[list[uuid.UUID]] = [[] for _ in range(4)]

    def draw(into: list[uuid.UUID]) -> None:
        into.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=draw, args=(into,)) for into in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(keys == sorted(keys) for keys in kept)
    assert len({key for keys in kept for key in keys}) == 8_000


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_a_clock_set_back_keeps_the_order(clock):
    ticks = iter(clock)
    draw = TimeOrdered(lambda: next(ticks))
    keys = [draw() for _ in clock]
    assert keys == sorted(set(keys))
    assert [key.int >> 80 for key in keys] == [max(clock[: position + 1]) for position in range(len(clock))]
    assert {(key.version, key.variant) for key in keys} == {(7, uuid.RFC_4122)}


def test_a_full_counter_borrows_the_next_millisecond():
    draw = TimeOrdered(lambda: 1000)
    first = draw()
    draw._counter = (1 << 42) - 1
    second = draw()
    assert first < second
    assert (first.int >> 80, second.int >> 80) == (1000, 1001)


def test_a_forked_process_starts_its_own_sequence():
    draw = TimeOrdered(lambda: 1000)
    draw()
    counter = draw._counter
    draw.forget()
    draw()
    assert draw._counter != counter + 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_public_ids_and_keys_after_a_fork_differ():
    reading, writing = os.pipe()
    uuid7()
    child = os.fork()
    if child == 0:
        os.write(writing, uuid7().bytes + public_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        os.close(writing)
        told = pipe.read()
    assert uuid.UUID(bytes=told[:16]) != uuid7()
    assert told[16:].decode() != public_id()


def test_public_ids_have_no_look_alikes():
    assert not set(PUBLIC_ALPHABET) & set("0Oo1Iil")
    assert len(set(PUBLIC_ALPHABET)) == len(PUBLIC_ALPHABET) == 55
    drawn = {public_id() for _ in range(2_000)}
    assert len(drawn) == 2_000
    assert all(len(text) == 22 and set(text) <= set(PUBLIC_ALPHABET) for text in drawn)
    assert len(public_id(8)) == 8
    with pytest.raises(ValueError, match="at least 8"):
        public_id(7)


@pytest.mark.parametrize(
    ("parts", "reference"),
    [(("DR", 2026, 42), "DR-2026-00042"), (("IMP", 2026, 1), "IMP-2026-00001"), (("P", 2026, 123456), "P-2026-123456")],
)
def test_references_are_for_people(parts, reference):
    assert human_reference(*parts) == reference


@pytest.mark.parametrize("parts", [("dr", 2026, 1), ("", 2026, 1), ("DR", 26, 1), ("DR", 2026, 0), ("D-R", 2026, 1)])
def test_other_references_are_refused(parts):
    with pytest.raises(ValueError, match="A reference is"):
        human_reference(*parts)
