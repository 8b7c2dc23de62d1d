"""Intercom widget: what is right and wrong."""

from tests.unit.services.samples import WIDGET_ID

FIELDS = {"app_id": WIDGET_ID}
