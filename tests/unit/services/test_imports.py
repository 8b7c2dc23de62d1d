"""What the catalogue costs an installation that has no key to read."""

import subprocess
import sys


def test_no_library_for_keys_is_imported_before_there_is_a_key() -> None:
    script = (
        "import sys; from tracardi_operator.services.catalogue import builtin; builtin(); "
        "print({'cryptography', 'jwt'} & sys.modules.keys())"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
