"""Porteiro: the AI concierge for condominium gates."""

__version__ = "0.1.0"
