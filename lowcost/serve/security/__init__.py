"""Who somebody is, and what a browser or a stranger must not be able to do."""
