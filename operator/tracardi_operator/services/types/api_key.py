"""An API key of any service: what plugins read that have no type of their own. Only the general rules apply."""

from tracardi_operator.services.model import Field, ServiceType

SERVICE = ServiceType(
    name="api-key",
    title="API key (any service)",
    fields=(Field(name="api_key", title="API key", sensitive=True),),
    example={"api_key": "made-up_Key-for-the-docs-7f3a"},
    how_to="The service shows its API keys in its console or in the settings of the account.",
    url="https://docs.tracardi.com",
    tags=("api", "key", "token", "api_key"),
    icon="hash",
)
