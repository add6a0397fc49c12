"""From a balanced image to cells: nuclei, the lobes that belong together, and the outline of the whole cell."""
