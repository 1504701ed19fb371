"""Understanding what a visitor said, by rules and without any service."""
