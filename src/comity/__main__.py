"""`python -m comity`: what the `comity` script hands over to."""

import sys

from comity.cli import main

sys.exit(main(sys.argv[1:]))
