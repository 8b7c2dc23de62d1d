"""Prints, as JSON, what the library for Service Binding finds below $SERVICE_BINDING_ROOT. Runs in its own environment.

Usage: bindings.py TYPE … ; each is looked up by itself.
"""

import json
import sys

from pyservicebinding.binding import ServiceBinding  # type: ignore[import-not-found]

found = ServiceBinding()
by_type = {kind: found.bindings(kind) for kind in sys.argv[1:]}
print(json.dumps({"all": found.all_bindings(), "by type": by_type}))
