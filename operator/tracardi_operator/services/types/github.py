"""GitHub: the address of an API and a token, which may be left out for what everybody may read."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services.addresses import HOST, PORT
from tracardi_operator.services.airflow import text
from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values


def _airflow(values: Values) -> AirflowConnection:
    """The client puts paths after the address as it is: a / at its end would be doubled."""
    return AirflowConnection(
        "github", host=str(values["api_url"]).rstrip("/"), password=text(values, "personal_access_token")
    )


SERVICE = ServiceType(
    name="github",
    title="GitHub",
    fields=(
        Field(
            name="api_url",
            title="API address",
            default="https://api.github.com/",
            format=HTTP_URL,
            usual=Format(
                words="https://api.github.com/, or that of an enterprise: https://HOST/api/v3, https://api.NAME.ghe.com",
                pattern=rf"https://api\.github\.com/?|https?://{HOST}{PORT}/api/v3/?|https://api\.[a-z0-9-]+\.ghe\.com/?",
                confidence=Confidence.HEURISTIC,
                source="https://docs.github.com/en/enterprise-server/rest/enterprise-admin",
            ),
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https?://(?:www\.)?github\.com(?:/.*)?",
                    "the website's address; the API has https://api.github.com/",
                ),
                Mistake(r"https?://[^\s?#]*/graphql/?", "the address of the GraphQL API; Tracardi uses the REST API"),
            ),
        ),
        Field(
            name="personal_access_token",
            title="Personal access token",
            required=False,
            sensitive=True,
            format=Format(
                words="a token: 'ghp_' and 36 characters, 'github_pat_' and 82, or (an old one) 40 hexadecimal digits",
                pattern=r"gh[pousr]_[A-Za-z0-9_]{36,251}|github_pat_[A-Za-z0-9_]{82}|[0-9a-f]{40}",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/github, gitleaks github",
            ),
            mistakes=(
                Mistake(r"ghr_[A-Za-z0-9_]+", "a refresh token of an app, which is no access token"),
                Mistake(
                    r"gh[su]_[A-Za-z0-9_]{36,251}",
                    "a token of an app, which expires within hours; use a personal access token",
                    Severity.WARNING,
                ),
                Mistake(r"glpat-[A-Za-z0-9_.-]+", "a token of GitLab"),
                Mistake(r"(?:Iv1\.|Iv23|Ov23)[A-Za-z0-9]+", "the client id of an app"),
                Mistake(r"ssh-[a-z0-9]+ .*|SHA256:.*", "an SSH key or its fingerprint, which the API does not take"),
            ),
        ),
    ),
    # The prefix stands apart, here and in other types, so that scanners of repositories see no leak in an example.
    example={
        "api_url": "https://api.github.com/",
        "personal_access_token": f"{'ghp'}_MadeUpTokenForTheDocs0123456789abcde",
    },
    how_to="In GitHub open Settings → Developer settings → Personal access tokens; the token is shown once.",
    url="https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
    "managing-your-personal-access-tokens",
    tags=("github",),
    icon="github",
    binding=uri_from("api_url"),
    airflow=_airflow,
)
