"""The report of a slide as files that are taken along, all of them made of one `Material`."""
