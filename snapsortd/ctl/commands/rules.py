"""rules: list them, test them, tune their thresholds, and promote one from shadow mode."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from snapsortd.ctl.backend import Backend, reach
from snapsortd.ctl.client import Client
from snapsortd.ctl.complete import offer_rules
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.tables import table
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError, Unavailable
from snapsortd.domain.text import count, escape, suggestion

if TYPE_CHECKING:
    from snapsortd.config import Config, Expectation

NOTHING = "none"
"""The name in a test, and in its result, for no rule at all."""


@click.group("rules")
def rules_command() -> None:
    """List the rules, test them, tune their thresholds, and promote one from shadow mode."""


@rules_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the rules of the configuration, in the order in which they are evaluated."""
    found = [
        {
            "name": rule.name,
            "state": "off" if not rule.enabled else "shadow" if rule.shadow else "on",
            "tags": list(rule.tags),
            "locations": list(rule.locations),
        }
        for rule in configuration().rules
    ]
    if as_json:
        say_json({"rules": found})
    else:
        say(rule_lines(found) if found else "There are no rules.")


def rule_lines(rules: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of rules."""
    rows = [
        (
            escape(rule["name"]),
            rule["state"],
            escape(", ".join(rule["tags"])),
            ", ".join(short(each) for each in rule["locations"]) or "everywhere",
        )
        for rule in rules
    ]
    yield from table(("RULE", "STATE", "TAGS", "LOCATIONS"), rows)


@rules_command.command("promote")
@click.argument("name", shell_complete=offer_rules)
@json_option
def promote_command(name: str, as_json: bool) -> None:
    """Promote the rule NAME from shadow mode, so that it takes effect.

    This changes one word of the configuration, from `mode: shadow` to `mode: live`, and nothing else in it.
    A running daemon reloads it.

    \b
      snapsortctl shadow --rule Screenshots
      snapsortctl rules promote Screenshots
    """
    from snapsortd.config.edit.promote import promote

    here = locations()
    promote(here.config_file, name, os.environ)
    reloaded = reload(here.socket)
    if as_json:
        say_json({"rule": name, "reloaded": reloaded})
        return
    say(f"{click.style('✓', fg='green')} {escape(name)} is live now.")
    if not reloaded:
        say("It takes effect at the next start of snapsortd.")


@rules_command.command("tune")
@click.argument("name", shell_complete=offer_rules)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def tune_command(name: str, yes: bool, as_json: bool) -> None:
    """Raise the threshold of the rule NAME, if what it filed was often taken back or corrected. Asks first.

    This sets `min_score` in the configuration, in place of a `precision`, and changes nothing else in it. A running
    daemon reloads it. With --json, nothing is changed without --yes.

    \b
      snapsortctl rules tune "Receipts by month"
    """
    from snapsortd.config.edit.tune import tune
    from snapsortd.ctl.looking_back import threshold_advice

    here, config = locations(), configuration()
    names = [rule.name for rule in config.rules]
    if name not in names:
        raise SnapsortError(f"there is no rule '{name}'{suggestion(name, names)}")
    found = next((each for each in threshold_advice(config, here.journal) if each.rule == name), None)
    if found is not None and not as_json:
        say(f"{escape(name)}: {found.sentence}.")
        if not yes:
            click.confirm(f"Set min_score to {found.better:g}?", abort=True)
    is_set = found is not None and (yes or not as_json)
    if found is not None and is_set:
        tune(here.config_file, name, found.better, os.environ)
    reloaded = is_set and reload(here.socket)
    if as_json:
        advice = None if found is None else {"min_score": found.better, "why": found.sentence}
        say_json({"rule": name, "advice": advice, "set": is_set, "reloaded": reloaded})
    elif found is None:
        say(f"Its history gives no reason to change the threshold of {escape(name)}.")
    else:
        say(f"{click.style('✓', fg='green')} min_score of {escape(name)} is {found.better:g} now.")
        if not reloaded:
            say("It takes effect at the next start of snapsortd.")


def reload(socket: str) -> bool:
    """Have a running daemon reload the configuration; return False if none runs."""
    try:
        Client(socket).send("reload")
    except Unavailable:
        return False
    return True


@rules_command.command("test")
@json_option
def test_command(as_json: bool) -> None:
    """Compare what the rules do to images with what the configuration expects under `tests:`.

    Changes nothing. Exit code 1 if a result is not as expected.

    \b
      tests:
        - {file: samples/bill.png, rule: Receipts, destination: ~/Documents/Receipts/}
        - {file: samples/cat.jpg, rule: none}
    """
    config = configuration()
    if not config.tests:
        raise SnapsortError(f"{short(config.path)} has no tests", "write some under `tests:`, see `--help`")
    here = locations()
    results = []
    with reach(here) as backend:
        check_same(backend, config)
        for expected in config.tests:
            results.append(compare(expected, preview(backend, expected.file)))
            if not as_json:
                say(test_lines(results[-1]))
    failed = sum(not each["ok"] for each in results)
    if as_json:
        say_json({"tests": results, "failed": failed})
    else:
        say(f"{count(len(results), 'test')}, {failed} failed.")
    end(EXIT_REFUSED if failed else 0)


def configuration() -> Config:
    """Load the configuration from its file. Raises ConfigError."""
    from snapsortd.config import load_config

    return load_config(locations().config_file, os.environ)


def check_same(backend: Backend, config: Config) -> None:
    """Raise SnapsortError if the daemon, which would evaluate its own rules, has not loaded this configuration."""
    if isinstance(backend, Client) and backend.status()["config"].get("fingerprint") != config.fingerprint:
        raise SnapsortError("the daemon has not loaded this configuration yet", "run `snapsortctl reload` first")


def preview(backend: Backend, path: str) -> dict[str, Any]:
    """Return the result of a dry run for the file."""
    try:
        return backend.image(path, dry_run=True, batch=None)
    except SnapsortError as error:
        if error.exit_code != EXIT_REFUSED:
            raise
        return {"outcome": "failed", "reason": str(error)}


def compare(expected: Expectation, result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one test: what was expected, what was found, and whether they agree."""
    rules = [each["rule"] for each in result.get("rules") or () if each["matched"]]
    targets = [each["target"] for each in result.get("actions") or () if each["target"]]
    failed = result["outcome"] in ("failed", "quarantined", "ignored")
    rule_ok = expected.rule is None or expected.rule in (rules or [NOTHING])
    place_ok = expected.destination is None or any(is_destination(each, expected.destination) for each in targets)
    return {
        "file": expected.file,
        "position": expected.position,
        "ok": rule_ok and place_ok and not failed,
        "expected": {"rule": expected.rule, "destination": expected.destination},
        "found": {"rules": rules, "destinations": targets},
        "reason": result.get("reason", "") if failed else "",
    }


def is_destination(target: str, wanted: str) -> bool:
    """Return whether a path is the expected one, or directly in the expected folder."""
    return wanted.rstrip("/") == os.path.dirname(target) or wanted == target


def test_lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield one line for a test that passed, or the expected and the found values."""
    if result["ok"]:
        yield f"{click.style('✓', fg='green')} {short(result['file'])}"
        return
    yield f"{click.style('✗', fg='red')} {short(result['file'])}  (line {result['position'].partition(':')[0]})"
    if result["reason"]:
        yield f"    {escape(result['reason'])}"
        return
    expected, found = result["expected"], result["found"]
    if expected["rule"] is not None:
        yield f"    rule: expected {escape(expected['rule'])}, found {escape(', '.join(found['rules']) or NOTHING)}"
    if expected["destination"] is not None:
        destinations = ", ".join(short(each) for each in found["destinations"]) or "it stays where it is"
        yield f"    destination: expected {short(expected['destination'])}, found {destinations}"
