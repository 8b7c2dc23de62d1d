"""URLs that credentials are sent to, or that are credentials: their form alone keeps them on the vendor's own hosts."""

from urllib.parse import urlsplit

import pytest

from tracardi_operator.services.catalogue import builtin

FIELDS = [
    ("discord", "url"),
    ("slack-webhook", "url"),
    ("zapier-webhook", "url"),
    *(
        ("google-cloud-service-account", name)
        for name in ("auth_uri", "token_uri", "auth_provider_x509_cert_url", "client_x509_cert_url")
    ),
]
ELSEWHERE = [
    "http://{host}{path}",
    "https://{host}:8443{path}",
    "https://{host}.evil.example{path}",
    "https://{host}@evil.example{path}",
    "https://{host}\\@evil.example{path}",
    "https://{host}%2eevil.example{path}",
    "https://evil.example/{host}{path}",
    "https://evil.example?{host}{path}",
    "https://evil.example#{host}{path}",
    "https://evil.example\\.{host}{path}",
    "https://evil{domain}{path}",
    "https://127.0.0.1{path}",
    "//{host}{path}",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize(("service", "field"), FIELDS)
def test_an_address_elsewhere_does_not_fit_the_form(service: str, field: str, elsewhere: str) -> None:
    definition, own = builtin()[service].field(field), urlsplit(str(builtin()[service].example[field]))
    assert definition
    assert definition.format
    domain = ".".join(own.netloc.split(".")[-2:])
    assert definition.format.matches(own.geturl())
    assert not definition.format.matches(elsewhere.format(host=own.netloc, domain=domain, path=own.path))
