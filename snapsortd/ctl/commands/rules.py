"""rules: list them, test them, and have one in shadow mode act."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from snapsortd.ctl.client import Backend, Client, reach
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.render import table
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError, Unavailable
from snapsortd.domain.text import count, escape

if TYPE_CHECKING:
    from snapsortd.config import Config, Expectation

NOTHING = "none"
"""How a test, and its result, says that no rule takes the file."""


@click.group("rules")
def rules_command() -> None:
    """List the rules, test them, and have one in shadow mode act."""


@rules_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the rules of the configuration, in the order in which they are asked."""
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
    """A table of rules."""
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
@click.argument("name")
@json_option
def promote_command(name: str, as_json: bool) -> None:
    """Have the rule NAME, which is in shadow mode, act from now on.

    One word of the configuration is changed, from `mode: shadow` to `mode: live`; all else in it stays as it is.
    A running daemon reads it again.

    \b
      snapsortctl shadow --rule Screenshots
      snapsortctl rules promote Screenshots
    """
    from snapsortd.config.edit.promote import promote

    here = locations()
    promote(here.config_file, name, os.environ)
    reloaded = True
    try:
        Client(here.socket).tell("reload")
    except Unavailable:
        reloaded = False
    if as_json:
        say_json({"rule": name, "reloaded": reloaded})
        return
    say(f"{click.style('✓', fg='green')} {escape(name)} is live now.")
    if not reloaded:
        say("It acts from the next start of snapsortd on.")


@rules_command.command("test")
@json_option
def test_command(as_json: bool) -> None:
    """Compare what the rules do to images with what the configuration expects of them under `tests:`.

    Nothing is touched. Exit code 1 if one is not as expected.

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
    with reach(here) as desk:
        check_same(desk, config)
        for expected in config.tests:
            results.append(compared(expected, foretold(desk, expected.file)))
            if not as_json:
                say(test_lines(results[-1]))
    failed = sum(not each["ok"] for each in results)
    if as_json:
        say_json({"tests": results, "failed": failed})
    else:
        say(f"{count(len(results), 'test')}, {failed} failed.")
    end(EXIT_REFUSED if failed else 0)


def configuration() -> Config:
    """The configuration as it is now in its file. Raises ConfigError."""
    from snapsortd.config import load_config

    return load_config(locations().config_file, os.environ)


def check_same(desk: Backend, config: Config) -> None:
    """A daemon tests by the rules that it works by. Raises SnapsortError if the file has others by now."""
    if isinstance(desk, Client) and desk.status()["config"].get("fingerprint") != config.fingerprint:
        raise SnapsortError("the daemon does not work by this configuration yet", "run `snapsortctl reload` first")


def foretold(desk: Backend, path: str) -> dict[str, Any]:
    """What would happen to the file."""
    try:
        return desk.image(path, dry_run=True, batch=None)
    except SnapsortError as error:
        if error.exit_code != EXIT_REFUSED:
            raise
        return {"outcome": "failed", "reason": str(error)}


def compared(expected: Expectation, result: dict[str, Any]) -> dict[str, Any]:
    """One test's result: what was wanted, what was found, and whether they agree."""
    rules = [each["rule"] for each in result.get("rules") or () if each["matched"]]
    targets = [each["target"] for each in result.get("actions") or () if each["target"]]
    failed = result["outcome"] in ("failed", "quarantined", "ignored")
    rule_ok = expected.rule is None or expected.rule in (rules or [NOTHING])
    place_ok = expected.destination is None or any(symlink_target(each, expected.destination) for each in targets)
    return {
        "file": expected.file,
        "position": expected.position,
        "ok": rule_ok and place_ok and not failed,
        "expected": {"rule": expected.rule, "destination": expected.destination},
        "found": {"rules": rules, "destinations": targets},
        "reason": result.get("reason", "") if failed else "",
    }


def symlink_target(target: str, wanted: str) -> bool:
    """Is a path the one that is wanted, or in the folder that is?"""
    return wanted.rstrip("/") == os.path.dirname(target) or wanted == target


def test_lines(result: dict[str, Any]) -> Iterator[str]:
    """One test: a line where all is as expected, else what was and what is."""
    if result["ok"]:
        yield f"{click.style('✓', fg='green')} {short(result['file'])}"
        return
    yield f"{click.style('✗', fg='red')} {short(result['file'])}  (line {result['position'].partition(':')[0]})"
    if result["reason"]:
        yield f"    {escape(result['reason'])}"
        return
    expected, came = result["expected"], result["found"]
    if expected["rule"] is not None:
        yield f"    rule: expected {escape(expected['rule'])}, found {escape(', '.join(came['rules']) or NOTHING)}"
    if expected["destination"] is not None:
        places_found = ", ".join(short(each) for each in came["destinations"]) or "it stays where it is"
        yield f"    destination: expected {short(expected['destination'])}, found {places_found}"
