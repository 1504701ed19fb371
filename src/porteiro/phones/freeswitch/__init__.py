"""A stand-in for FreeSWITCH 1.10.12 that behaves as its recordings do, on real sockets.

Its channels, both kinds of event socket and mod_audio_stream are held to the recordings
byte for byte (tests/contract/test_freeswitch_stand_in*.py), the rest is from FreeSWITCH's
source or guessed: CHANNEL_EXECUTE and HEARTBEAT, `playback` and what begins or breaks off
while a file plays, bridges that fail, `transfer`, `socket_resume`, `getvar` of an unknown
variable, and how the commercial module plays. SIP and RTP are not there: phones hand
their packets over directly, nothing is lost, and keys come at once.
"""

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
