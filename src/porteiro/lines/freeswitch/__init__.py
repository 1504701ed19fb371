"""Lines that FreeSWITCH brings: sound over a WebSocket, events and control over ESL."""
