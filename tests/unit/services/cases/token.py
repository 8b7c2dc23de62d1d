"""Token of any service: no form is known, the general rules say all."""

from tests.unit.services.cases import Cases

FIELDS: dict[str, Cases] = {}
