"""What the types `aws` and `aws-s3` share: an access key pair, a session token and a region.

Prefixes of key ids: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html. A temporary key
(ASIA) works only together with its session token, a long-term key (AKIA) only without one.
"""

from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.model import Confidence, Field, Finding, Format, Mistake, Rule, Values

KEYS_URL: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"
HOW_TO: Final = (
    "In the AWS console open IAM → Users → the user → Security credentials → Create access key; "
    "the secret is shown once."
)
_EXAMPLE = Mistake(
    r"[A-Za-z0-9/+]+EXAMPLE(?:KEY)?", "an example from the documentation of AWS", reason=Reason.PLACEHOLDER
)


def access_key_field(name: str) -> Field:
    return Field(
        name=name,
        title="Access key id",
        generated=True,
        format=Format(
            words="an access key id: 'AKIA' (or 'ASIA', temporary) and 16 capital letters and digits",
            pattern=r"(?:AKIA|ASIA)[A-Z0-9]{16}",
            confidence=Confidence.CONFIDENT,
            source=KEYS_URL,
        ),
        usual=Format(
            words="capital letters and the digits 2 to 7 after the prefix",
            pattern=r"(?:AKIA|ASIA)[A-Z2-7]{16}",
            confidence=Confidence.HEURISTIC,
            source="gitleaks aws",
        ),
        mistakes=(
            _EXAMPLE,
            Mistake(
                r"A(?:IDA|ROA|GPA|IPA|NPA|NVA|PKA|SCA|BIA|CCA)[A-Z0-9]{16}",
                "the unique id of an IAM user, role or the like, not of an access key",
            ),
            Mistake(r"[A-Za-z0-9/+]{40}", "the secret access key, which has a field of its own"),
            Mistake(r"arn:aws[a-z-]*:.*", "an ARN, not an access key id"),
        ),
    )


def secret_field(name: str) -> Field:
    return Field(
        name=name,
        title="Secret access key",
        sensitive=True,
        format=Format(
            words="a secret access key: 40 letters, digits, / or +",
            pattern=r"[A-Za-z0-9/+]{40}",
            confidence=Confidence.CONFIDENT,
            source="trufflehog pkg/detectors/aws, gitleaks aws",
        ),
        mistakes=(
            _EXAMPLE,
            Mistake(r"(?:AKIA|ASIA)[A-Z0-9]{16}", "the access key id, which has a field of its own"),
            Mistake(r"[0-9a-f]{40}", "a hash, such as a Git commit, rather than a secret access key", Severity.WARNING),
        ),
    )


SESSION_TOKEN: Final = Field(
    name="session_token",
    title="Session token",
    required=False,
    sensitive=True,
    format=Format(
        words="a session token: 100 or more characters of base64",
        pattern=r"[A-Za-z0-9/+]{100,}={0,3}",
        confidence=Confidence.HEURISTIC,
        source="trufflehog pkg/detectors/aws/session_keys",
    ),
    mistakes=(Mistake(r"(?:AKIA|ASIA)[A-Z0-9]{16}", "an access key id, not a session token"),),
    how_to="AWS STS returns it together with the temporary key.",
)

REGION: Final = Field(
    name="region",
    title="Region",
    required=False,
    format=Format(
        words="the code of a region, such as eu-central-1",
        pattern=r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
        confidence=Confidence.CONFIDENT,
        source="https://docs.aws.amazon.com/general/latest/gr/rande.html",
    ),
    mistakes=(
        Mistake(
            r"[a-z]{2,4}(?:-[a-z]{2,9}){1,2}-[0-9][a-z]", "an availability zone; a region has no letter at its end"
        ),
    ),
    how_to="The AWS console shows it beside the name of the region.",
)


def temporary_key_rule(access_key: str) -> Rule:
    """ASIA if and only if there is a session token."""

    def find(values: Values) -> Iterator[Finding]:
        temporary = str(values[access_key]).startswith("ASIA")
        if temporary and "session_token" not in values:
            message = (
                "is a temporary key (ASIA), which works only with its session token; "
                "add 'session_token', or use a long-term key (AKIA)"
            )
            yield Finding(access_key, Reason.CONTRADICTION, message)
        elif not temporary and "session_token" in values:
            message = (
                "is given with a long-term key (AKIA), which AWS refuses; remove it, or use the temporary key it is of"
            )
            yield Finding("session_token", Reason.CONTRADICTION, message)

    words = (
        f"session_token is needed if {access_key} is a temporary key (ASIA), and refused with a long-term one (AKIA)."
    )
    return Rule((access_key, "session_token"), find, words)
