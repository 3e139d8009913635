"""What commands that apply laws and standards share: which, to whom, when, and what is exempt."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click
import msgspec

from credlabel.cli.session import completing
from credlabel.compliance import Appraiser, check_declared
from credlabel.errors import ConfigError
from credlabel.exemptions import Declaration
from credlabel.hookspecs import Profile
from credlabel.model import Role, Situation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from credlabel.cli.session import Session
    from credlabel.labelling import LabelSettings

F = TypeVar("F", bound="Callable[..., Any]")

_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


def profile_names(session: Session) -> list[str]:
    """Return the names of the laws and standards that there are."""
    policies = session.plugins.providers("credlabel_policies")
    return sorted(name for name, policy in policies.items() if isinstance(policy, Profile))


def find_profile(session: Session, name: str) -> Profile:
    """Return the policy called ``name``, which has to be a law or standard.

    Raises:
        ConfigError: it is none. PluginError: there is no such policy.
    """
    policy = session.plugins.policy(name)
    if not isinstance(policy, Profile):
        raise ConfigError(
            f"{name!r} is a policy, but no law or standard.",
            hint=f"There are: {', '.join(profile_names(session))}.",
        )
    return policy


def find_appraisers(
    session: Session,
    names: Iterable[str],
    situation: Situation,
    exempt: tuple[Declaration, ...] = (),
) -> list[Appraiser]:
    """Return the laws and standards of these names, each for ``situation``.

    Files are exempt as the options declare, else as the configuration does.

    Raises:
        ConfigError: an exemption is for a reason that nothing has, or a name for no profile.
    """
    profiles = [find_profile(session, name) for name in dict.fromkeys(names)]
    check_declared(exempt, profiles)
    check_declared(session.config.exemptions)
    declared = (*exempt, *session.config.exemptions)
    return [Appraiser(profile, situation, declared) for profile in profiles]


def situation_options(command: F) -> F:
    """Add the options that say whom a law is applied to and when; they come as ``situation``."""

    @functools.wraps(command)
    def with_situation(
        *,
        role: str,
        as_of: datetime | None,
        placed_on_market: datetime | None,
        monthly_users: int | None,
        is_signatory: bool,
        **others: Any,
    ) -> Any:
        situation = Situation(
            role=Role(role),
            as_of=as_of.date() if as_of else None,
            placed_on_market=placed_on_market.date() if placed_on_market else None,
            monthly_users=monthly_users,
            is_signatory=is_signatory,
        )
        return command(situation=situation, **others)

    for option in (
        click.option(
            "--signatory",
            "is_signatory",
            is_flag=True,
            help="You have signed the voluntary code, so that it binds you.",
        ),
        click.option(
            "--monthly-users",
            type=click.IntRange(min=0),
            metavar="N",
            help="How many use the system or platform; above every threshold if not said.",
        ),
        click.option(
            "--placed-on-market",
            type=_DAY,
            metavar="DATE",
            help="When the generating system was first offered, as 2026-08-02.",
        ),
        click.option(
            "--as-of",
            type=_DAY,
            metavar="DATE",
            help="Apply the law of this day; the law with all that is enacted if not said.",
        ),
        click.option(
            "--role",
            type=click.Choice([role.value for role in Role]),
            default=Role.PROVIDER.value,
            show_default=True,
            help="Whom to hold the files to: who runs the generator, uses it, or passes files on.",
        ),
    ):
        option(with_situation)
    return cast("F", with_situation)  # it takes the options in place of the situation


def label_profile_options(command: F) -> F:
    """Add the options that have labels written as a law or standard asks for."""
    for option in (
        click.option(
            "--role",
            type=click.Choice([role.value for role in Role]),
            help="As whom you label with --profile: who runs the generator (the default), uses "
            "it, or passes on what others made, and then states no origin.",
        ),
        click.option(
            "--profile",
            metavar="NAME",
            shell_complete=completing(profile_names),
            help="Write the marks that this law or standard asks for, and refuse a record that "
            "leaves out what it wants: eu-ai-act-50, cn-gb45438, us-ca-sb942, iptc-2025.1.",
        ),
    ):
        command = option(command)
    return command


def situation_of(settings: LabelSettings, role: str | None) -> Situation:
    """Return whom the profile of labels is applied to: as configured, in ``role`` if given."""
    if role is None:
        return settings.situation
    return msgspec.structs.replace(settings.situation, role=Role(role))


class _Exemption(click.ParamType[Declaration]):
    """``GLOB=CODE``."""

    name = "glob=code"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Declaration:
        """Return the exemption that was declared."""
        if isinstance(value, Declaration):
            return value
        pattern, _, code = str(value).rpartition("=")
        if not pattern or not code:
            self.fail(
                f"{value!r} is not of the form GLOB=CODE, as in '*.srt=captions'.", param, ctx
            )
        return Declaration(pattern=pattern, code=code)


def exempt_option(command: F) -> F:
    """Add ``--exempt``."""
    return click.option(
        "--exempt",
        type=_Exemption(),
        multiple=True,
        metavar="GLOB=CODE",
        help="Files that nothing is asked of, and why: '*.srt=captions'. May be repeated; the "
        "first that fits counts. docs/profiles.md has the codes.",
    )(command)
