"""`python -m tracardi_operator.generate [--check]`, in the root of the repository.

Writes the generated files; with `--check` only names those that differ, and then exits with 1.
"""

import sys
from pathlib import Path

import click

from tracardi_operator.generate.files import FOLDERS, generated
from tracardi_operator.services.catalogue import builtin


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name the files that differ and exit with 1 if any does.")
def main(*, check: bool) -> None:
    """Write the CRDs, the admission policies, the schema for editors and the pages of the service types."""
    files = {Path(path): text for path, text in generated(builtin()).items()}
    changed = [path for path, text in files.items() if not path.is_file() or path.read_text() != text]
    orphans = [path for folder in FOLDERS for path in Path(folder).glob("*") if path not in files]
    for path in (*changed, *orphans):
        click.echo(f"{'differs' if check else 'written' if path in files else 'removed'}: {path}")
    if check:
        sys.exit(bool(changed or orphans))
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    for path in orphans:
        path.unlink()


if __name__ == "__main__":
    main()
