"""OpenAI: an API key sent as a bearer token. Tracardi's commercial type; its field name is not documented."""

from tracardi_operator.services import airflow
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="openai",
    title="OpenAI",
    fields=(
        Field(
            name="api_key",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 'sk-' and letters, digits, _ or - with 'T3BlbkFJ' among them",
                pattern=r"sk-[A-Za-z0-9_-]{1,500}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/openai, gitleaks openai",
                accepts=lambda text: "T3BlbkFJ" in text[4:-1],
            ),
            mistakes=(
                Mistake(r"sk-ant-\S*", "an API key of Anthropic"),
                Mistake(r"org-[A-Za-z0-9]+", "the id of an organization"),
                Mistake(r"proj_[A-Za-z0-9]+", "the id of a project"),
                Mistake(r"sess-[A-Za-z0-9]+", "the token of a browser session"),
                Mistake(r"sk-[A-Za-z0-9_-]*(?:\.{3}|\*)\S*", "a key as the list of keys shortens it"),
            ),
        ),
    ),
    example={"api_key": "sk-proj-MadeUpForTheDocs0123456789T3BlbkFJMadeUpForTheDocs0123456789"},
    how_to="On OpenAI's platform open Settings → API keys → Create new secret key; the key is shown once.",
    url="https://platform.openai.com/api-keys",
    tags=("openai",),
    icon="openai",
    airflow=airflow.token("openai", "api_key"),
)
