"""Tracardi microservice: the address of a service that runs Tracardi's plugins elsewhere, and a token for it."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

SERVICE = ServiceType(
    name="microservice",
    title="Tracardi microservice",
    fields=(
        Field(name="url", title="Address", format=HTTP_URL, mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY)),
        Field(
            name="token",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key of at least 32 characters without white space",
                pattern=r"\S{32,}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi documentation, microservice_resource.md",
            ),
        ),
    ),
    example={"url": "http://trello-microservice.tracardi.svc", "token": "made-up-Key-of-the-docs-0123456789"},
    how_to="It is the key that the microservice was started with, in its environment variable API_KEY.",
    url="https://docs.tracardi.com/",
    tags=("microservice",),
    binding=uri_from("url"),
)
