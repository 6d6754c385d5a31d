"""A state machine is a table; whatever is not in it is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.states import IllegalMove, StateMachine


class Stage(StrEnum):
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    EXPIRED = "expired"


class Move(StrEnum):
    APPROVE = "approve"
    RETURN = "return"
    RESUBMIT = "resubmit"
    EXPIRE = "expire"


TRANSITIONS: Final = {
    (Stage.SUBMITTED, Move.APPROVE): Stage.APPROVED,
    (Stage.SUBMITTED, Move.RETURN): Stage.RETURNED,
    (Stage.RETURNED, Move.RESUBMIT): Stage.SUBMITTED,
    (Stage.RETURNED, Move.EXPIRE): Stage.EXPIRED,
    (Stage.APPROVED, Move.EXPIRE): Stage.EXPIRED,
}
MACHINE: Final = StateMachine(TRANSITIONS)

tables = st.dictionaries(
    st.tuples(st.sampled_from(Stage), st.sampled_from(Move)), st.sampled_from(Stage), min_size=1
).map(StateMachine)


def test_the_grid_is_the_table_and_the_rest_is_refused():
    legal: dict[tuple[Stage, Move], Stage] = {}
    for state, move, follower in MACHINE.grid():
        assert MACHINE.allows(state, move) == (follower is not None)
        if follower is None:
            with pytest.raises(IllegalMove):
                MACHINE.next_state(state, move)
        else:
            legal[state, move] = MACHINE.next_state(state, move)
    assert legal == TRANSITIONS
    assert len(list(MACHINE.grid())) == len(Stage) * len(Move)


def test_an_illegal_move_says_what_is_possible():
    with pytest.raises(IllegalMove) as caught:
        MACHINE.next_state(Stage.RETURNED, Move.APPROVE)
    assert caught.value.as_problem() == {
        "type": "/problems/illegal_move",
        "title": "This step is not possible now",
        "status": 409,
        "detail": "“approve” is not possible while this is “returned” (possible now: resubmit, expire).",
        "code": "illegal_move",
        "state": "returned",
        "move": "approve",
        "possible": ["resubmit", "expire"],
    }


def test_a_final_state_says_so():
    with pytest.raises(IllegalMove, match="it is final"):
        MACHINE.next_state(Stage.EXPIRED, Move.APPROVE)
    assert MACHINE.final_states() == (Stage.EXPIRED,)


@pytest.mark.parametrize(
    ("state", "moves", "reachable"),
    [
        (Stage.SUBMITTED, (Move.APPROVE, Move.RETURN), set(Stage)),
        (Stage.RETURNED, (Move.RESUBMIT, Move.EXPIRE), set(Stage)),
        (Stage.APPROVED, (Move.EXPIRE,), {Stage.APPROVED, Stage.EXPIRED}),
        (Stage.EXPIRED, (), {Stage.EXPIRED}),
    ],
)
def test_moves_and_what_they_lead_to(state, moves, reachable):
    assert (MACHINE.moves_from(state), MACHINE.reachable(state)) == (moves, reachable)


def test_the_database_gets_each_pair_once():
    assert MACHINE.allowed_pairs() == (
        (Stage.SUBMITTED, Stage.APPROVED),
        (Stage.SUBMITTED, Stage.RETURNED),
        (Stage.RETURNED, Stage.SUBMITTED),
        (Stage.RETURNED, Stage.EXPIRED),
        (Stage.APPROVED, Stage.EXPIRED),
    )
    doubled = StateMachine({**TRANSITIONS, (Stage.SUBMITTED, Move.EXPIRE): Stage.APPROVED})
    assert doubled.allowed_pairs() == MACHINE.allowed_pairs()


def test_the_table_cannot_change_afterwards():
    table = dict(TRANSITIONS)
    machine = StateMachine(table)
    table.clear()
    assert isinstance(machine.transitions, Mapping)
    assert dict(machine.transitions) == TRANSITIONS
    with pytest.raises(TypeError):
        machine.transitions[Stage.EXPIRED, Move.APPROVE] = Stage.APPROVED


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        StateMachine({})


@given(tables, st.sampled_from(Stage))
def test_reachable_is_closed(machine, start):
    reachable = machine.reachable(start)
    assert start in reachable
    assert {after for before, after in machine.allowed_pairs() if before in reachable} <= reachable


@given(tables)
def test_final_states_are_those_without_a_pair(machine):
    assert set(machine.final_states()) == set(Stage) - {before for before, _ in machine.allowed_pairs()}
