"""The states of a conversation."""

from enum import StrEnum


class State(StrEnum):
    """Where a conversation stands; the rows of the dialogue's table."""

    WAITING = "waiting"
    """Nobody is on the line yet."""
    COLLECTING = "collecting"
    """The visitor is asked who they are, why they come, and to whom."""
    CONFIRMING_APARTMENT = "confirming_apartment"
    """An apartment that may have been misheard is read back to the visitor."""
    SETTLING = "settling"
    """Two close candidates are told apart by one more fact: a surname or a block."""
    RECORDING = "recording"
    """The visitor says after the tone what could not be understood."""
    RINGING = "ringing"
    """The resident's phone rings; the visitor waits."""
    ASKING = "asking"
    """The resident is on the line and is asked for a yes or a no."""
    CONFIRMING_YES = "confirming_yes"
    """A yes that may have been misheard is put to the resident again."""
    CLOSING = "closing"
    """Both people are told how it ended; the gate opens if it may."""
    HANGING_UP = "hanging_up"
    """The hang-ups are sent; the PBX is given a moment to close."""
    INTERRUPTED = "interrupted"
    """Porteiro was restarted; the lines are waited for, and then it goes on where it was."""
    ENDED = "ended"
    """Nothing is left to do."""
