"""The record of visits: a spool that never waits, and the stores that keep it for good."""
