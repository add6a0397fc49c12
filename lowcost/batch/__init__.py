"""Many slides: what `lowcost batch` queues, analyses by the one `Analyzer`, and keeps.

A run lists its images as `Item`, an engine hands them to workers, and only the run itself writes what comes back into
the `Store`, one SQLite file, which programs read through `Store.open`.
"""
