"""Zendesk widget: what is right and wrong."""

from tests.unit.services.cases import Cases

SCRIPT = "https://static.zdassets.com/ekr/snippet.js?key="
KEY = "0c0ffee0-1234-4abc-8def-0123456789ab"

FIELDS = {
    "script_url": Cases(
        valid=(SCRIPT + KEY,),
        invalid=(
            (KEY, "BadFormat"),
            (SCRIPT, "BadFormat"),
            (f'<script id="ze-snippet" src="{SCRIPT}{KEY}"> </script>', "BadFormat"),
            (f"{SCRIPT}<your-key>", "Placeholder"),
            ("https://v2.zopim.com/?MadeUpAccountKey", "BadFormat"),
            ("https://mycompany.zendesk.com/agent", "BadFormat"),
            (f"https://evil.example/ekr/snippet.js?key={KEY}", "BadFormat"),
            (f"https://static.zdassets.com.evil.example/ekr/snippet.js?key={KEY}", "BadFormat"),
            (f"https://staticXzdassets.com/ekr/snippet.js?key={KEY}", "BadFormat"),
            (f'{SCRIPT}{KEY}"></script>', "BadFormat"),
            ((SCRIPT + KEY).replace("https", "http"), "BadFormat"),
            (f"{SCRIPT}{KEY}\n", "Whitespace"),
        ),
        doubtful=((f"{SCRIPT}mycompany", "BadFormat"),),
    ),
}
