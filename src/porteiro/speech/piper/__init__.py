"""Piper on this machine, in worker processes of our own.

piper-tts is under the GPL: `worker` alone imports it, a program of its own that is told texts
and answers with sound.
"""
