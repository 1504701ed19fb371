"""Which numbers may stand in a PBX's dial string: what a directory holds is not trusted there."""

import re

from porteiro.errors import DialerError

_DIALABLE = re.compile(r"(?!.*:_:)[0-9A-Za-z+*#._@:-]{1,128}")
"""A telephone number, an account or a SIP URI; nothing that means more to a dial string.

FreeSWITCH takes `:_:` for the beginning of another dial string.
"""


class UndialableError(DialerError):
    """The number is none that a phone system could ring; the directory must be corrected."""

    retryable = False


def dialable(number: str) -> str:
    """Return `number` without blanks around it. Raises `UndialableError` for what is none."""
    number = number.strip()
    if not _DIALABLE.fullmatch(number):
        raise UndialableError("the number holds characters that cannot be dialed; correct it")
    return number
