"""`pressroom completion`: the script that teaches a shell to complete commands, options and names."""

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print the completion script for your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, newsletters and templates.

    \b
    Examples:
      pressroom completion bash > ~/.local/share/bash-completion/completions/pressroom
      pressroom completion zsh > ~/.zfunc/_pressroom
      pressroom completion fish > ~/.config/fish/completions/pressroom.fish
    """
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(ctx.find_root().command, {}, "pressroom", "_PRESSROOM_COMPLETE").source())
