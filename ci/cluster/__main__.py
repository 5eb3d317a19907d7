"""`python -m ci.cluster`."""

import sys

from ci.cluster.cli import main

if __name__ == "__main__":
    sys.exit(main())
