"""A stand-in for FreeSWITCH that behaves as its recordings do, on real sockets."""
