"""The review station: photographs come in from phones, a person verifies the cells, a report goes out.

Needs the extra ``serve``; nothing outside this package and ``lowcost serve`` imports it.
"""
