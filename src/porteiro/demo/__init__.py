"""The show of `porteiro demo`: a whole visit, live, with its sound and its picture."""
