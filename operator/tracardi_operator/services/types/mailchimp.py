"""Mailchimp Marketing: an API key. What follows its hyphen, the data centre, becomes a label of the host name."""

from tracardi_operator.services.formats import HEX_32
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    host = f"{str(values['token']).rpartition('-')[2]}.api.mailchimp.com"
    return {"host": host, "uri": f"https://{host}"}


SERVICE = ServiceType(
    name="mailchimp",
    title="Mailchimp",
    fields=(
        Field(
            name="token",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 32 hexadecimal digits in lower case, '-us' and the number of the data centre",
                pattern=rf"{HEX_32}-us[0-9]{{1,2}}",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/mailchimp, gitleaks mailchimp",
            ),
            mistakes=(
                Mistake(HEX_32, "an API key without its end, '-us' and the number of the data centre"),
                Mistake(r"(?:md-)?[A-Za-z0-9_-]{22}", "a key of Mailchimp Transactional, which has the type mandrill"),
            ),
        ),
    ),
    example={"token": "00112233445566778899aabbccddeeff-us7"},
    how_to="In Mailchimp open Profile → Extras → API keys → Create A Key; the key is shown once.",
    url="https://mailchimp.com/help/about-api-keys/",
    tags=("mailchimp",),
    icon="mailchimp",
    binding=_binding,
)
