"""State machines as tables: `{(state, move): next state}` over two `StrEnum`s.

The page draws its buttons from the table, the docs their diagram, the tests their grid, and the database its
trigger. Nothing else decides what may follow what.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from comity.kernel.errors import Conflict
from comity.kernel.words import words


class IllegalMove(Conflict):
    """The table has no such move from this state. Details: `state`, `move`, `possible` (moves)."""

    code, title = "illegal_move", words("This step is not possible now")


class Cell[State: StrEnum, Move: StrEnum](NamedTuple):
    """One square of the full grid; `next_state` is None where the move is illegal."""

    state: State
    move: Move
    next_state: State | None


class StateMachine[State: StrEnum, Move: StrEnum]:
    """Answers questions about a table of transitions; immutable once made."""

    def __init__(self, transitions: Mapping[tuple[State, Move], State]) -> None:
        """Copy the table. Raises ValueError when it is empty."""
        if not transitions:
            raise ValueError("A state machine needs at least one transition.")
        self.transitions: Mapping[tuple[State, Move], State] = MappingProxyType(dict(transitions))
        state, move = next(iter(transitions))
        self.states: tuple[State, ...] = tuple(type(state))
        self.moves: tuple[Move, ...] = tuple(type(move))

    def next_state(self, state: State, move: Move) -> State:
        """Where the move leads. Raises IllegalMove."""
        if (state, move) in self.transitions:
            return self.transitions[state, move]
        possible = self.moves_from(state)
        choices = words("possible now: %(listed)s", listed=tuple(possible)) if possible else words("it is final")
        raise IllegalMove(
            words(
                "“%(move)s” is not possible while this is “%(state)s” (%(choices)s).",
                move=move,
                state=state,
                choices=choices,
            ),
            state=state,
            move=move,
            possible=possible,
        )

    def allows(self, state: State, move: Move) -> bool:
        """Whether the table has this move from this state."""
        return (state, move) in self.transitions

    def moves_from(self, state: State) -> tuple[Move, ...]:
        """The legal moves, in the order of the enumeration; empty for a final state."""
        return tuple(move for move in self.moves if (state, move) in self.transitions)

    def reachable(self, start: State) -> frozenset[State]:
        """Every state some sequence of moves leads to from `start`, `start` included."""
        found = {start}
        waiting = [start]
        while waiting:
            state = waiting.pop()
            followers = {self.transitions[state, move] for move in self.moves_from(state)} - found
            found |= followers
            waiting.extend(followers)
        return frozenset(found)

    def final_states(self) -> tuple[State, ...]:
        """States without a move, in the order of the enumeration."""
        return tuple(state for state in self.states if not self.moves_from(state))

    def grid(self) -> Iterator[Cell[State, Move]]:
        """Each state with each move, legal or not: what the tests walk and the docs print."""
        for state in self.states:
            for move in self.moves:
                yield Cell(state, move, self.transitions.get((state, move)))

    def allowed_pairs(self) -> tuple[tuple[State, State], ...]:
        """Each (from, to) once, in the order of the table: what the database trigger lets through."""
        return tuple(dict.fromkeys((state, follower) for (state, _), follower in self.transitions.items()))
