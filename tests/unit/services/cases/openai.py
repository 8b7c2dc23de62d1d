"""OpenAI: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

KEY = "sk-proj-MadeUpForTheDocs0123456789T3BlbkFJMadeUpForTheDocs0123456789"

FIELDS = {
    "api_key": Cases(
        valid=(KEY, "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"),
        invalid=(
            ("sk-ant-api03-MadeUpForTheDocs", "BadFormat"),
            ("org-MadeUpForTheDocs0123456789", "BadFormat"),
            ("proj_MadeUpForTheDocs0123456789", "BadFormat"),
            ("sess-MadeUpForTheDocs0123456789", "BadFormat"),
            ("sk-...AbCd", "BadFormat"),
            ("sk-proj-****AbCd", "BadFormat"),
            (f"Bearer {KEY}", "PastedPrefix"),
            (f"OPENAI_API_KEY={KEY}", "PastedPrefix"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
            ("your-api-key", "Placeholder"),
        ),
        doubtful=(
            (KEY.replace("T3BlbkFJ", ""), "BadFormat"),
            (KEY.removeprefix("sk-"), "BadFormat"),
            (KEY.partition("T3BlbkFJ")[0] + "T3BlbkFJ", "BadFormat"),
        ),
    ),
}
