"""Bytes to messages and back: sans-I/O protocols, no sockets, no clock."""
