"""The directory that the tests' servers have: what an apartment is for follows its number."""

from typing import Any, Final

from tests.integration.neighbours import AUTHORIZES, DENIES, NEVER_ANSWERS

DIRECTORY: Final[tuple[dict[str, Any], ...]] = tuple(
    {"apartment_number": apartment, "residents": [resident], "voip_number": number}
    for apartment, resident, number in (
        ("501", "Renata Oliveira", AUTHORIZES),
        ("502", "Carlos Souza", DENIES),
        ("503", "Marta Lima", NEVER_ANSWERS),
        ("504", "Paulo Costa", "4040"),
        ("505", "Sandra Rocha", "5000"),
        ("506", "Bruno Alves", "6000"),
        ("507", "Celso Nunes", "abc\r\nX"),
        ("5001", "Ivone Prado", AUTHORIZES),
        ("6001", "Mauro Dias", AUTHORIZES),
    )
)
"""504 to 506: the dialer answers 404, 500, never; 507: no number; 5001, 6001: so does the gate."""
