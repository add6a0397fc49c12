"""Print the feature table as Markdown: ``python -m lowcost.features > docs/features.md``."""

from __future__ import annotations

import sys

from lowcost.features import TABLE

INTRODUCTION = f"""# Features

The {len(TABLE)} measures that `lowcost.features.compute` takes of one cell, in the order of its result. They are taken
on the balanced view (8 px/um, empty background 240 in every channel) from the pixels of the cell and of its nucleus's
convex hull alone. The nucleus is measured without threads narrower than 0.5 um and parts below 1 um2, its holes below
1.5 um2 filled. Density means optical density, ln(240 / value), counted in hundredths and capped at 2.55. A feature
whose region (nucleus, cytoplasm) is missing from the cell is NaN. This page is made by `python -m lowcost.features`.
"""


def page() -> str:
    """Return the table, one heading per group."""
    lines = [INTRODUCTION]
    heading = ""
    for feature in TABLE:
        if feature.group != heading:
            heading = feature.group
            lines += ["", f"## {heading}", "", "| name | unit | definition |", "|---|---|---|"]
        lines.append(f"| `{feature.name}` | {feature.unit} | {feature.definition} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
