"""The errors that a user meets: one clear sentence each, saying what was got, what was expected and what to do."""

from __future__ import annotations


class LowcostError(Exception):
    """Base of every error that `lowcost` raises on purpose; its text is meant to be shown as it is."""


class InputError(LowcostError):
    """An image or an argument that cannot be used."""


class BundleError(LowcostError):
    """A model bundle that is missing, damaged, tampered with or of another format."""


class DependencyError(LowcostError):
    """An optional package that the request needs is not installed; the text names the command that installs it."""
