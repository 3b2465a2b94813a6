"""`python -m nas`: the same as `nas`."""

import sys

from nas.cli import main

sys.exit(main())
