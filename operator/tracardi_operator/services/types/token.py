"""A token of any service: what plugins read that have no type of their own. Only the general rules apply."""

from tracardi_operator.services.model import Field, ServiceType

SERVICE = ServiceType(
    name="token",
    title="Token (any service)",
    fields=(Field(name="token", title="Token", sensitive=True),),
    example={"token": "made-up_Token-for-the-docs-4c9e"},
    how_to="The service shows its access tokens in its console or in the settings of the account.",
    url="https://docs.tracardi.com",
    tags=("token",),
)
