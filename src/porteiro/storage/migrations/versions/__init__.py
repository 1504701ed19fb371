"""One file a revision; what is in use is never changed, only followed by the next."""
