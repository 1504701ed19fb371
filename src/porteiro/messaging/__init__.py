"""Talking to a message broker, for whichever adapters hand over messages."""
