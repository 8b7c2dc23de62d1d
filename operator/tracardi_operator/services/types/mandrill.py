"""Mailchimp Transactional, formerly Mandrill: an API key.

Tracardi's plugin offers the resources with the tag `mailchimp`, though a key of Mailchimp itself does not work there.
"""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="mandrill",
    title="Mailchimp Transactional (Mandrill)",
    fields=(
        Field(
            name="token",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 22 letters, digits, _ or -, in newer keys after 'md-'",
                pattern=r"(?:md-)?[A-Za-z0-9_-]{22}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/mandrill",
            ),
            mistakes=(
                Mistake(r"[0-9a-f]{32}(?:-us[0-9]{1,2})?", "a key of Mailchimp itself, which has the type mailchimp"),
            ),
        ),
    ),
    example={"token": "md-MadeUp_Key-ForTheDocs1"},
    how_to="In Mailchimp Transactional (mandrillapp.com) open Settings → SMTP & API Info → New API Key.",
    url="https://mailchimp.com/developer/transactional/guides/quick-start/",
    tags=("mailchimp", "mandrill"),
    icon="mailchimp",
)
