"""Transcribers and synthesizers, one module a provider, and the phrase cache."""
