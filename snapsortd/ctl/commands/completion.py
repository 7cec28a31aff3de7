"""completion: print the script with which a shell completes the command line."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from snapsortd.ctl.output.console import json_option, say_json

PROGRAM = "snapsortctl"
VARIABLE = "_SNAPSORTCTL_COMPLETE"
"""The variable by which a shell asks for completions, as click derives it from the name of the program."""


class Bash(BashComplete):
    """Completion that quotes the names of rules, which may have spaces, and works in the bash 3.2 of macOS, too."""

    source_template = """\
%(complete_func)s() {
    local kind value i words=() word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    # Bash makes three words of --rule=NAME.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == = && i -lt COMP_CWORD ]] || words+=("${COMP_WORDS[i]}")
    done
    while IFS=, read -r kind value; do
        case $kind in
            plain)
                [[ $word == [\\"\\']* ]] || printf -v value %%q "$value"
                COMPREPLY+=("$value")
                ;;
            file) type compopt &>/dev/null && compopt -o default ;;
            dir) type compopt &>/dev/null && compopt -o dirnames ;;
        esac
    done < <(
        COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) %(complete_var)s=bash_complete "$1" 2>/dev/null
    )
}

if ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4))); then
    complete -o nosort -F %(complete_func)s %(prog_name)s
else
    complete -o default -F %(complete_func)s %(prog_name)s
fi
"""

    @staticmethod
    def _check_version() -> None:
        """Accept every version: the script does."""


class Zsh(ZshComplete):
    """Completion behind --rule=, too, where zsh would otherwise replace the whole word."""

    source_template = ZshComplete.source_template.replace(" -U", ' -U -i "$IPREFIX"').replace(
        "    for type key descr", "    [[ $PREFIX == --*=* ]] && compset -P 1 '*='\n\n    for type key descr"
    )


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": FishComplete}


def script(shell: str) -> str:
    """Return the script for a shell."""
    from snapsortd.ctl.main import app

    return SHELLS[shell](app, {}, PROGRAM, VARIABLE).source()


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@json_option
def completion_command(shell: str, as_json: bool) -> None:
    """Print the script that completes commands, options, and the names of your rules, labels and tags in SHELL.

    Packages install it. Otherwise, write it to where the shell looks for it, and open a new shell:

    \b
      snapsortctl completion bash > ~/.local/share/bash-completion/completions/snapsortctl
      snapsortctl completion fish > ~/.config/fish/completions/snapsortctl.fish
      snapsortctl completion zsh > ~/.zsh/_snapsortctl    with fpath+=(~/.zsh) before compinit in ~/.zshrc
    """
    text = script(shell)
    if as_json:
        say_json({"shell": shell, "script": text})
    else:
        click.echo(text, nl=False)
