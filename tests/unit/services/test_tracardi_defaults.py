"""The defaults that Tracardi ships to be replaced are refused: nobody publishes `<token>`."""

import pytest

from tests.unit.services.support import check_alone, verdicts
from tests.unit.services.tracardi_defaults import PLACEHOLDERS
from tracardi_operator.services.catalogue import builtin

DEFAULTS = [(name, field, default) for name, fields in PLACEHOLDERS.items() for field, default in fields.items()]


def test_the_list_has_all_84_and_the_empty_key() -> None:
    assert len(DEFAULTS) == 85


@pytest.mark.parametrize(("name", "field", "default"), DEFAULTS)
def test_a_default_of_tracardi_is_refused_as_what_it_is(name: str, field: str, default: str) -> None:
    service = builtin()[name]
    definition = service.field(field)
    assert definition
    reason = "Placeholder" if default else "Empty"
    assert verdicts(check_alone(service, definition, default)) == [(field, reason, "error")]
