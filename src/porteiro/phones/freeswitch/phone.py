"""A telephone behind FreeSWITCH: the person's side of one of its channels."""

from typing import Protocol

from porteiro.phones.telephone import Ending, PhoneOptions, Telephone


class Wire(Protocol):
    """The channel at the other end of a phone's wire."""

    def sound(self, pcm: bytes) -> None:
        """Take one packet of what the person says."""
        ...

    def key(self, digit: str) -> None:
        """Take a key."""
        ...

    def hold(self) -> None:
        """Be put on hold."""
        ...

    def resume(self) -> None:
        """Be taken off hold."""
        ...

    def left(self) -> None:
        """Be told that the person hung up."""
        ...


class FreeSwitchPhone(Telephone):
    """One phone call, by SIP with FreeSWITCH between it and Porteiro."""

    def __init__(self, call_id: str, options: PhoneOptions, wire: Wire) -> None:
        """Make a phone on `wire`; `call_id` is the call that it belongs to."""
        super().__init__(call_id, options)
        self._wire = wire
        self.held = False

    def hold(self) -> None:
        """Put the call on hold: nothing is heard, what is said still goes out (as music does)."""
        if not self.held and self.ending is None:
            self.held = True
            self.mark("hold")
            self._wire.hold()

    def unhold(self) -> None:
        """Take the call up again."""
        if self.held and self.ending is None:
            self.held = False
            self.mark("unhold")
            self._wire.resume()

    def pick_up(self) -> None:
        """Be connected: sound goes out from now on."""
        self._begin()

    def hear(self, pcm: bytes) -> None:
        """Hear one packet, unless the call is on hold."""
        if not self.held:
            self._hear(pcm, self.options.sample_rate)

    def hung_up(self, *, properly: bool = True) -> None:
        """Have the call ended by the other side."""
        if self._ended.done():
            return
        if self._ending is None:
            self._ending = Ending.PORTEIRO_HUNG_UP if properly else Ending.CLOSED
        self._over()

    def _send_sound(self, pcm: bytes) -> None:
        self._wire.sound(pcm)

    def _send_key(self, key: str) -> None:
        self._wire.key(key)

    def _close(self) -> None:
        if not self._ended.done():
            self._over()
            self._wire.left()
