"""One AI phone number of one condominium, and the two ports it listens on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extension:
    """A row of `extension_ia`, its blanks trimmed and its ports made numbers.

    `number` is what visitors' calls come in on, `return_number` what residents' do;
    `ip` is the address to listen on.
    """

    extension_id: int
    number: str
    return_number: str
    ip: str
    port: int
    return_port: int
    condominium_id: int


DEFAULT = Extension(0, "1000", "1001", "0.0.0.0", 8080, 8081, 0)  # noqa: S104  SPEC 5: listens for the PBX
"""Served when neither the database nor the local copy says what to serve."""
