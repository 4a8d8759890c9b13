"""`holdfast downtime`: how long what was down, measured from traffic; `stretches` shows the evidence."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.downtime_view import print_downtime, print_stretches
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json
from holdfast.cli.standing import shown_alone
from holdfast.model.day import DAY_S, Day, add_days, begin_day, find_day
from holdfast.views.downtime import DowntimeDocument, StretchesDocument

PATH = "/v1/downtime"
DAYS_MAX = 400


def _parse_day(text: str) -> Day:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"write a day such as 2026-01-31 instead of {text!r}") from None


ComponentOption = Annotated[str | None, typer.Option("--component", "-c", help="One component.", show_default=False)]
TenantOption = Annotated[str | None, typer.Option("--tenant", "-t", help="One tenant.", show_default=False)]
ServiceOption = Annotated[str | None, typer.Option("--service", "-s", help="One service.", show_default=False)]
RegionOption = Annotated[str | None, typer.Option("--region", "-r", help="One region.", show_default=False)]
AllOption = Annotated[
    str | None, typer.Option("--each", metavar="KIND", help="All components, tenants or services.", show_default=False)
]
MonthOption = Annotated[
    str | None, typer.Option("--month", metavar="YYYY-MM", help="One month; else this one.", show_default=False)
]
DaysOption = Annotated[
    int | None, typer.Option("--days", min=1, max=DAYS_MAX, help="The latest days, today included.", show_default=False)
]
DAY: Any = {"parser": _parse_day, "metavar": "DAY", "show_default": False}
SinceOption = Annotated[Day | None, typer.Option("--since", help="From this day on (UTC).", **DAY)]
UntilOption = Annotated[Day | None, typer.Option("--until", help="Up to this day (UTC).", **DAY)]

app = typer.Typer(help="See how long what was down, measured from traffic.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
@shown_alone
def downtime(  # noqa: PLR0913 - options
    client: Client,
    *,
    component: ComponentOption = None,
    tenant: TenantOption = None,
    service: ServiceOption = None,
    each: AllOption = None,
    region: RegionOption = None,
    month: MonthOption = None,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show minutes down and degraded by region, uptime, and what is left of the month's error budget.

    Without a name it is each region as a whole. Drills count as up, announced maintenance apart.
    """
    kind, name = _choose_subject(component, tenant, service, each)
    first, last = _choose_days(month, days, since, until)
    asked = {"kind": kind, "name": name, "region": region, "first": first, "last": last}
    document = client.get(DowntimeDocument, PATH, **asked)
    print_json(document) if as_json else print_downtime(document)


@app.command()
@with_client
def stretches(  # noqa: PLR0913 - options
    client: Client,
    *,
    component: ComponentOption = None,
    tenant: TenantOption = None,
    service: ServiceOption = None,
    region: RegionOption = None,
    month: MonthOption = None,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every stretch that wasn't up, with its requests: the evidence, kept for 400 days."""
    kind, name = _choose_subject(component, tenant, service, None)
    first, last = _choose_days(month, days, since, until)
    asked = {"kind": kind, "name": name, "region": region}
    times = {"since": begin_day(first) if first else None, "until": begin_day(last) + DAY_S if last else None}
    document = client.get(StretchesDocument, f"{PATH}/stretches", **asked, **times)
    print_json(document) if as_json else print_stretches(document)


def _choose_subject(
    component: str | None, tenant: str | None, service: str | None, each: str | None
) -> tuple[str, str | None]:
    named = {"component": component, "tenant": tenant, "service": service}
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) + (each is not None) > 1:
        fail(ExitCode.USAGE, "name one component, one tenant or one service")
    if each is not None:
        kind = each.removesuffix("s")
        if kind not in named:
            fail(ExitCode.USAGE, "--each is for components, tenants or services")
        return kind, None
    return given[0] if given else ("region", None)


def _choose_days(
    month: str | None, days: int | None, since: Day | None, until: Day | None
) -> tuple[Day | None, Day | None]:
    if sum((month is not None, days is not None, since is not None or until is not None)) > 1:
        fail(ExitCode.USAGE, "say which days once: --month, --days, or --since and --until")
    if month is not None:
        return _find_month(month)
    today = find_day(datetime.now(UTC).timestamp())
    if days is not None:
        return add_days(today, 1 - days), today
    return since, until


def _find_month(month: str) -> tuple[Day, Day]:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        fail(ExitCode.USAGE, f"write a month such as 2026-01 instead of {month!r}")
    after = add_days(first, 31).replace(day=1)
    return first, add_days(after, -1)
