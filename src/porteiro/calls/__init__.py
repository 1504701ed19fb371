"""Living calls: legs, the call's loop, who may join, hanging up."""
