"""Listening sockets that bring lines from a PBX."""
