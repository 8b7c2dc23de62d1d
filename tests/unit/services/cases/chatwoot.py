"""Chatwoot widget: what is right and wrong."""

from tests.unit.services.samples import WIDGET_ID

FIELDS = {"token": WIDGET_ID}
