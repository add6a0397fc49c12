"""The report that a person reads: one HTML file that needs nothing else."""

from lowcost.report.heading import Heading, Verification
from lowcost.report.page import render, to_html
from lowcost.report.pictures import FieldPictures, take

__all__ = ["FieldPictures", "Heading", "Verification", "render", "take", "to_html"]
