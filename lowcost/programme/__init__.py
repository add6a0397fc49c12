"""The report of a programme: what the slides of a batch say together, and which of them to look at first."""
