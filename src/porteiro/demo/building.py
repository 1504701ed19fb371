"""The condominium of the demo: who lives there, and the settings that it is served with."""

import json
import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from porteiro.dialogue.numbers import spell_digits
from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.understanding import understand
from porteiro.phones.reactions import Behaviour, Visitor
from porteiro.settings import Settings

NAME: Final = "Condomínio Apoena"
RESIDENTS: Final = {
    "501": "Guilherme Andrade",
    "304": "Patrícia Figueiredo",
    "805": "Rodrigo Fonseca",
    "101": "Renata Albuquerque",
    "202": "Rafael Teixeira",
    "603": "Simone Vasconcelos",
}
_SPOKEN: Final = {
    "501": "quinhentos e um",
    "304": "trezentos e quatro",
    "805": "oitocentos e cinco",
}
"""The apartments that the demo's visitors go to by themselves, as they say them."""
_CONDOMINIUM: Final = 15
_ERRANDS: Final = {
    Purpose.DELIVERY: "tenho uma entrega",
    Purpose.VISIT: "vim fazer uma visita",
    Purpose.SERVICE: "é manutenção",
}


class Pbx(StrEnum):
    """The PBX whose wire the demo's phones come over."""

    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the demo shows.

    `visitor` is what the visitor says first, in their own words; with `interrupts` over
    Porteiro's voice. They key the apartment, or say it with `by_voice`. `visits` run at once;
    `fast` takes out what only makes it more like life: long ringing, slow reactions.
    """

    resident: Behaviour = Behaviour.AUTHORIZES
    visitor: str = ""
    by_voice: bool = False
    visits: int = 1
    fast: bool = False
    out: Path = Path("demo")
    seed: int = 1
    pbx: Pbx = Pbx.ASTERISK
    interrupts: bool = False


def settings(folder: Path, options: DemoOptions) -> Settings:
    """Return the embedded defaults, whatever the environment says, with data in `folder`."""
    freeswitch = options.pbx is Pbx.FREESWITCH
    return Settings(
        api_port=0,
        api_host="127.0.0.1",
        api_token=None,
        data_dir=folder,
        max_calls=max(1, options.visits),
        max_extension_calls=0,
        max_lag_ms=0,
        silence_s=0.5 if options.fast else 0.7,
        pbx_allow=(ip_network("127.0.0.0/8"),),
        voice="pt-br",
        transcribers=("embedded",),
        synthesizers=("embedded",),
        understandings=("embedded",),
        dialer="esl" if freeswitch else "simulated",
        dialer_url=None,
        dialer_host="127.0.0.1",
        ring_attempts=2,
        ring_s=5.0 if options.fast else 8.0,
        fallback_number="",
        gates=("log",),
        gate_url=None,
        audio_mode="dual" if freeswitch else "audiosocket",
        freeswitch_host="127.0.0.1",
        stream_port=0,
        control_port=0,
        stream_playback="esl-file",
        esl_host="127.0.0.1",
        esl_password=SecretStr(secrets.token_urlsafe()) if freeswitch else None,
        esl_channel="user/{number}",
    )


def furnish(folder: Path) -> None:
    """Write the condominium's files, its extension on two free ports of loopback."""
    port, return_port = _free_ports(2)
    extension = {
        "id": 10,
        "ramal_ia": "2018519",
        "ramal_retorno": "2018520",
        "ip_servidor": "127.0.0.1",
        "porta_ia": port,
        "porta_retorno": return_port,
        "condominio_id": _CONDOMINIUM,
    }
    apartments = [
        {"apartment_number": number, "residents": [name], "voip_number": phone_number(number)}
        for number, name in RESIDENTS.items()
    ]
    _write(folder / "ramais_config.json", {"ramais": [extension]})
    _write(folder / "condominios.json", [{"condominium_id": _CONDOMINIUM, "name": NAME}])
    _write(folder / "apartamentos.json", apartments)


def phone_number(apartment: str) -> str:
    """Return the number of an apartment's phone."""
    return f"100{apartment}"


def visitor(options: DemoOptions, number: int) -> Visitor:
    """Return the visitor of visit `number` (from 0): what they say of their own comes first."""
    said = understand(
        options.visitor, Question.PURPOSE, tuple(RESIDENTS.values()), tuple(RESIDENTS)
    )
    usual = list(_SPOKEN)[number % len(_SPOKEN)]
    apartment = said.apartment or usual
    resident = said.resident or RESIDENTS.get(apartment, RESIDENTS[usual])
    return Visitor(
        purpose=_ERRANDS[said.purpose or Purpose.DELIVERY],
        name=said.visitor or "Pedro",
        apartment="".join(filter(str.isdecimal, apartment)),
        spoken_apartment=_SPOKEN.get(apartment, spell_digits(apartment)),
        resident=resident,
        surname=resident.split()[-1],
        opening=options.visitor,
        keys_apartment=not options.by_voice,
        interrupts=options.interrupts,
    )


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [int(held.getsockname()[1]) for held in sockets]
