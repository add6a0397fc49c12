"""``python -m lowcost``: the same as the `lowcost` command."""

import sys

from lowcost.cli import main

if __name__ == "__main__":
    sys.exit(main())
