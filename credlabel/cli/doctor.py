"""``credlabel doctor``: is everything in place to label and to verify, and if not, what to do."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

import click
import msgspec

from credlabel.certificates import days_left, describe_chain
from credlabel.cli.session import (
    Session,
    config_option,
    echo_json,
    json_option,
    now,
    signing_options,
)
from credlabel.errors import CredlabelError, ExitCode
from credlabel.files import show
from credlabel.keys import DEVELOPMENT
from credlabel.probe import fetches_nothing, signs_and_reads_back, timestamp_authority_answers
from credlabel.profile import profile_problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from credlabel.hookspecs import Signer

_LIBRARIES: Final = ("c2pa-python", "pillow", "pypdf", "watchdog", "pluggy", "cryptography")
_EXPIRY_WARNING_DAYS: Final = 30
_COLOURS: Final = {"ok": "green", "warning": "yellow", "problem": "red"}
_MARKS: Final = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: what it is, how it is, and what to do about it."""

    name: str
    state: Literal["ok", "warning", "problem"]
    explanation: str
    advice: str = ""


@click.command(
    "doctor",
    short_help="Check that everything is in place, and say what to do.",
    epilog="\b\nExample:\n  credlabel doctor --signer studio\n",
)
@signing_options
@json_option
@config_option
def command(*, signer: str, timestamp: str, as_json: bool, config_file: Path | None) -> int:
    """Check signer, certificate, expiry, trust, time-stamps, libraries and plugins.

    Nothing is sent over the network, except to a time-stamp authority that is configured. The
    exit code is 1 if there is a problem.
    """
    session = Session(config_file)
    checks = list(_checks(session, signer, timestamp))
    if as_json:
        echo_json(checks)
    for check in () if as_json else checks:
        mark = click.style(_MARKS[check.state], fg=_COLOURS[check.state])
        click.echo(f"{mark}  {check.name}: {check.explanation}")
        if check.advice:
            click.echo(f"         → {check.advice}")
    is_sick = any(check.state == "problem" for check in checks)
    return ExitCode.VERDICT_FAILED if is_sick else ExitCode.DONE


def _checks(session: Session, signer: str, timestamp: str) -> Iterator[Check]:
    yield _python()
    yield from map(_library, _LIBRARIES)
    yield from _plugins(session)
    yield _network()
    yield from _signer(session, signer, timestamp)
    yield _trust(session)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(name="Python", state="ok", explanation=version)


def _library(name: str) -> Check:
    try:
        return Check(name=name, state="ok", explanation=metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(
            name=name,
            state="problem",
            explanation="not installed",
            advice="Install credlabel again: pip install --force-reinstall credlabel",
        )


def _plugins(session: Session) -> Iterator[Check]:
    plugins = session.known_plugins()
    refused = [plugin for plugin in plugins if plugin.refused]
    yield Check(name="Plugins", state="ok", explanation=f"{len(plugins) - len(refused)} loaded")
    for plugin in refused:
        yield Check(
            name=f"Plugin {show(plugin.name)}",
            state="warning",
            explanation=f"refused: {show(plugin.refused)}",
            advice="Repair or uninstall it; the others work.",
        )


def _network() -> Check:
    if fetches_nothing():
        return Check(
            name="Network", state="ok", explanation="a URL planted in a file was not fetched"
        )
    return Check(
        name="Network",
        state="problem",
        explanation="a URL planted in a file was fetched",
        advice="Do not read files from strangers with this version of c2pa-python.",
    )


def _signer(session: Session, signer: str, timestamp: str) -> Iterator[Check]:
    try:
        known = {entry.name for entry in session.keys.entries()}
        if not (signer or session.config.signing.signer or DEVELOPMENT in known):
            yield Check(
                name="Signer",
                state="warning",
                explanation="none yet: the first label makes a development key",
                advice="Make one now: credlabel keys init",
            )
            return
        opened, _ = session.open_signer(session.signer_uri(signer, timestamp))
    except CredlabelError as error:
        yield Check(name="Signer", state="problem", explanation=str(error), advice=error.hint)
        return
    chain = opened.certificate_chain
    leaf = describe_chain(chain, now=now())[0]
    who = f"{show(leaf.subject)} ({opened.algorithm})"
    yield Check(name="Signer", state="ok", explanation=who)
    problems = profile_problems(chain, now=now())
    for problem in problems:
        yield Check(name="Certificate", state="problem", explanation=problem)
    if not problems:
        yield Check(
            name="Certificate", state="ok", explanation="fit for signing content credentials"
        )
    yield _expiry(days_left(chain, now=now()))
    yield from _signature(opened)


def _expiry(days: int) -> Check:
    if days < _EXPIRY_WARNING_DAYS:
        return Check(
            name="Expiry",
            state="warning",
            explanation=f"the certificate expires in {days} days; then labelling stops",
            advice="Have it renewed now.",
        )
    return Check(name="Expiry", state="ok", explanation=f"{days} days left")


def _signature(signer: Signer) -> Iterator[Check]:
    try:
        signs_and_reads_back(signer)
    except CredlabelError as error:
        yield Check(name="Signature", state="problem", explanation=str(error), advice=error.hint)
    else:
        yield Check(name="Signature", state="ok", explanation="a trial label verified")
    if signer.timestamp_uri is None:
        yield Check(
            name="Time-stamps",
            state="warning",
            explanation="none: labels can't be shown to be older than the certificate's expiry",
            advice='Configure an authority: [signing] timestamp = "http://…" in credlabel.toml',
        )
        return
    host = urlsplit(signer.timestamp_uri).hostname or ""
    if timestamp_authority_answers(signer.timestamp_uri):
        yield Check(name="Time-stamps", state="ok", explanation=f"{host} answers")
    else:
        yield Check(
            name="Time-stamps",
            state="problem",
            explanation=f"{host} can't be reached",
            advice="Check the address and the network; labelling waits or fails until then.",
        )


def _trust(session: Session) -> Check:
    try:
        bundles = session.trust_store.bundles()
    except CredlabelError as error:
        return Check(name="Trust", state="problem", explanation=str(error), advice=error.hint)
    if not bundles:
        return Check(
            name="Trust",
            state="warning",
            explanation="nobody is trusted: every signer counts as untrusted",
            advice="Store a list: credlabel trust add c2pa C2PA-TRUST-LIST.pem",
        )
    names = ", ".join(f"{show(b.name)} ({b.certificates})" for b in bundles)
    return Check(name="Trust", state="ok", explanation=names)
