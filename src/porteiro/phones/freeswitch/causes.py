"""Why a call ends or cannot be set up: FreeSWITCH's names and their Q.850 numbers."""

from typing import Final

Q850: Final = {
    "UNALLOCATED_NUMBER": 1,
    "NO_ROUTE_DESTINATION": 3,
    "NORMAL_CLEARING": 16,
    "USER_BUSY": 17,
    "NO_USER_RESPONSE": 18,
    "NO_ANSWER": 19,
    "SUBSCRIBER_ABSENT": 20,
    "CALL_REJECTED": 21,
    "DESTINATION_OUT_OF_ORDER": 27,
    "NORMAL_UNSPECIFIED": 31,
    "NORMAL_TEMPORARY_FAILURE": 41,
    "RECOVERY_ON_TIMER_EXPIRE": 102,
    "ORIGINATOR_CANCEL": 487,
    "ALLOTTED_TIMEOUT": 602,
    "USER_NOT_REGISTERED": 606,
}


def named(cause: str) -> str:
    """Return a cause as FreeSWITCH takes it: one it does not know is NORMAL_CLEARING."""
    return cause if cause in Q850 else "NORMAL_CLEARING"
