"""The conversation as a pure function: events in, effects out."""
