"""Amplitude: a project's API key, which is public (it stands in web pages), and its secret key for other consumers.

Tracardi's form for the resource calls the key `api_key`, its plugin reads `token`: both names are taken and published.
"""

from collections.abc import Iterator

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.formats import HEX_32
from tracardi_operator.services.model import Confidence, Field, Finding, Format, Mistake, Rule, ServiceType, Values

_DETECTOR = "trufflehog pkg/detectors/amplitudeapikey"
_OTHERS = (
    Mistake(r"[0-9]{5,8}", "the number of a project, not one of its keys"),
    Mistake(r"client-[A-Za-z0-9]+|server-[A-Za-z0-9]+", "a deployment key of Amplitude Experiment"),
)


def _two_keys(values: Values) -> Iterator[Finding]:
    if values.get("secret_key") == values["api_key"]:
        yield Finding("secret_key", Reason.CONTRADICTION, "is the same as 'api_key'; a project has two different keys")


SERVICE = ServiceType(
    name="amplitude",
    title="Amplitude",
    fields=(
        Field(
            name="api_key",
            aliases=("token",),
            title="API key",
            generated=True,
            format=Format("an API key: 32 hexadecimal digits in lower case", HEX_32, Confidence.HEURISTIC, _DETECTOR),
            mistakes=_OTHERS,
        ),
        Field(
            name="secret_key",
            title="Secret key",
            required=False,
            sensitive=True,
            format=Format("a secret key: 32 hexadecimal digits in lower case", HEX_32, Confidence.HEURISTIC, _DETECTOR),
            mistakes=_OTHERS,
        ),
    ),
    example={
        "api_key": "00ff11ee22dd33cc44bb55aa66997788",
        "secret_key": "8877996655aabb44cc33dd22ee11ff00",
    },
    how_to="In Amplitude open Settings → Organization settings → Projects → the project; it shows both keys.",
    url="https://amplitude.com/docs/apis/authentication",
    tags=("amplitude",),
    icon="amplitude",
    rules=(Rule(("api_key", "secret_key"), _two_keys, "api_key and secret_key are two different keys."),),
)
