"""Whisper on this machine, by faster-whisper in worker processes of our own."""
