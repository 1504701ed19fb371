"""The condominiums that are known: their profiles and directories, looked up by id."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from porteiro.condominiums.condominium import Condominium
from porteiro.condominiums.directory import Directory
from porteiro.condominiums.extension import Extension
from porteiro.condominiums.profile import Profile

_NOBODY = Directory(())


@dataclass(frozen=True, slots=True)
class Register:
    """Every condominium's profile and directory, as a source had them at one moment.

    The directory under None is for every condominium that has none of its own. An unknown
    condominium has the `default` profile.
    """

    default: Profile = field(default_factory=Profile)
    profiles: Mapping[int, Profile] = field(default_factory=dict)
    directories: Mapping[int | None, Directory] = field(default_factory=dict)

    def profile(self, condominium_id: int) -> Profile:
        """Return a condominium's profile."""
        return self.profiles.get(condominium_id, self.default)

    def condominium(self, condominium_id: int) -> Condominium:
        """Return a condominium with its words and its directory."""
        profile = self.profile(condominium_id)
        own = self.directories.get(condominium_id) or self.directories.get(None)
        return Condominium(
            condominium_id=condominium_id,
            name=profile.name,
            greeting=profile.greeting,
            guide=own if own is not None else _NOBODY,
            voice=profile.voice,
            silence_s=profile.silence_s,
            attempts=profile.attempts,
            ring_s=profile.ring_s,
            fallback_number=profile.fallback_number,
        )

    def over(self, fallback: "Register") -> "Register":
        """Return this register, with `fallback` for each condominium it says nothing of."""
        return Register(
            fallback.default,
            {**fallback.profiles, **self.profiles},
            {**fallback.directories, **self.directories},
        )


class CurrentRegister:
    """The register as it is now; its source replaces it whole."""

    def __init__(self, register: Register) -> None:
        """Begin with `register`."""
        self.now = register

    def condominium_of(self, extension: Extension) -> Condominium:
        """Return whose an extension is."""
        return self.now.condominium(extension.condominium_id)

    def profile(self, condominium_id: int) -> Profile:
        """Return a condominium's own ways."""
        return self.now.profile(condominium_id)
