"""Settings: what the environment and `.env` say, checked once and frozen."""

from porteiro.settings.model import Settings, is_loopback
from porteiro.settings.reading import load, notices, secrets

__all__ = ["Settings", "is_loopback", "load", "notices", "secrets"]
