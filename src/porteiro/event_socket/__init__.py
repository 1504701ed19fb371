"""FreeSWITCH's event socket: one connection, either way round, its commands answered in order."""
