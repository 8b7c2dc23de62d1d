"""`completion`: the script that teaches a shell our commands, options and service types."""

import click
from click.shell_completion import get_completion_class

from tracardi_operator.cli import PROGRAM, main

_VARIABLE = f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE"
"""click looks for it in the environment (click, "Shell Completion")."""


_EPILOG = """
\b
Install it:
  bash  tracardi-operator completion bash > ~/.local/share/bash-completion/completions/tracardi-operator
  zsh   tracardi-operator completion zsh > "${fpath[1]}/_tracardi-operator"
  fish  tracardi-operator completion fish > ~/.config/fish/completions/tracardi-operator.fish

\b
Or try it in this session:
  bash  eval "$(tracardi-operator completion bash)"
  zsh   eval "$(tracardi-operator completion zsh)"
  fish  tracardi-operator completion fish | source
"""


@click.command(epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of your shell."""
    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"This version of click does not know {shell}.")
    click.echo(completer(main, {}, PROGRAM, _VARIABLE).source())
