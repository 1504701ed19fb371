"""The directory of the stub server, and what visitors say of the people in it."""

import itertools
from collections.abc import Iterator
from typing import Final

from porteiro.condominiums.directory import Apartment, Directory

_GIVEN: Final = ("Renata", "Carlos", "Beatriz", "João", "Antônio", "Márcia", "Paulo", "Luciana")
_MIDDLE: Final = ("Lopes", "Moura", "Freitas", "Vidal", "Castro", "Dias", "Teixeira", "Lacerda")
_FAMILY: Final = ("Oliveira", "Souza", "Prado", "Nogueira", "Tavares", "Barros", "Macedo", "Pires")


def people(apartments: int) -> list[Apartment]:
    """Return a directory of so many apartments, ten a floor, two residents in each."""
    every = itertools.product(_GIVEN, _MIDDLE, _FAMILY)
    names = itertools.cycle(" ".join(parts) for parts in every)
    places = ((floor, door) for floor in itertools.count(1) for door in range(1, 11))
    return [
        Apartment(f"{floor}{door:02d}", (next(names), next(names)), (f"9{floor}{door:02d}",))
        for floor, door in itertools.islice(places, apartments)
    ]


def texts(hear: str, directory: Directory) -> Iterator[str]:
    """Return what visitors say, without end."""
    labels = itertools.cycle(directory.apartments())
    if hear == "whole":
        return (
            f"sou o Caio, é uma entrega para {directory.residents(label)[0]} do apartamento {label}"
            for label in labels
        )
    return (f"não, é o apartamento {label}" for label in labels)
