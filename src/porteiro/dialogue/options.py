"""How patient a conversation is; every number that a site may want otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DialogueOptions:
    """The limits of one call. Times are in seconds."""

    one_thing_at_a_time: bool = False
    """The transcriber knows closed grammars only: short questions, one fact each."""
    attempts: int = 2
    """How many times every number of an apartment is rung."""
    ring_s: float = 25.0
    redial_s: float = 4.0
    """Pause before a number that was busy or failed is rung again."""
    pickup_s: float = 6.0
    """How long a phone that was picked up may take to be connected to us."""
    patience_s: float = 12.0
    """How often a waiting visitor hears a word of patience."""
    answer_s: float = 7.0
    """Silence after a question until it is put again."""
    key_s: float = 4.0
    """Pause after a key until the number counts as complete without `#`."""
    record_s: float = 6.0
    resident_silence_s: float = 45.0
    unclear_limit: int = 3
    """How often an unclear answer of the resident is asked again."""
    miss_limit: int = 3
    """After how many turns in a row that were not understood the visitor is given up."""
    lookup_limit: int = 2
    """How many times the visitor may name somebody that the directory does not have."""
    call_s: float = 300.0
    """The longest a call may live, farewell and hang-up included."""
    farewell_s: float = 12.0
    """How much of `call_s` is kept for the farewell."""
    grace_s: float = 0.5
    """Silence between the last frame of a farewell and the hang-up."""
    closing_s: float = 1.0
    """How long the PBX is given to close after our hang-up."""
    return_s: float = 30.0
    """How long the visitor's line is waited for after a restart of Porteiro."""
    resident_return_s: float = 3.0
    """How long a visitor who is back waits for the resident's line until it is rung again.

    A dialplan that tries again does so each second, for both lines; a phone that we rang is gone.
    """
    fallback_number: str = ""
    """Where a human porter answers; empty where there is none."""
