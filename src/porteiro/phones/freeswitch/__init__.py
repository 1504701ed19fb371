"""A stand-in for FreeSWITCH that behaves as its recordings do, on real sockets."""

from porteiro.phones.freeswitch.pbx import First, FreeSwitch, FreeSwitchOptions, Registered
from porteiro.phones.freeswitch.phone import FreeSwitchPhone
from porteiro.phones.freeswitch.stream import Module

__all__ = [
    "First",
    "FreeSwitch",
    "FreeSwitchOptions",
    "FreeSwitchPhone",
    "Module",
    "Registered",
]
