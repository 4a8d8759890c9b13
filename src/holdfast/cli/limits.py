"""`holdfast limits`: what a service's owner chooses within the platform's bounds."""

from typing import Annotated

import typer

from holdfast.adapters.api.bodies import OwnerLimitsBody
from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line
from holdfast.cli.quantities import RATE
from holdfast.model.platform import ClientLimits, Limits
from holdfast.model.units import format_rate
from holdfast.views.services import BucketDocument, ServiceDocument

Rate = float | None
Burst = Annotated[int | None, typer.Option(min=1, help="Size of the bucket, in requests.")]


@with_client
def limits(  # noqa: PLR0913 - one for each option
    client: Client,
    service: Annotated[str, typer.Argument(help="The service.", show_default=False)],
    *,
    requests: Annotated[Rate, typer.Option(parser=RATE, metavar="RATE", help="All requests: 50/s.")] = None,
    burst: Burst = None,
    per_client: Annotated[Rate, typer.Option(parser=RATE, metavar="RATE", help="Each client: 5/s.")] = None,
    per_client_burst: Burst = None,
    reset: Annotated[bool, typer.Option("--reset", help="Return to the platform file's.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a service's limits, or choose them within the platform's bounds."""
    chosen = _choose(requests, burst, per_client, per_client_burst)
    if chosen is not None and reset:
        fail(ExitCode.USAGE, "choose limits, or --reset them")
    path = path_to("/v1/services", service)
    if chosen is None and not reset:
        shown = client.get(ServiceDocument, path)
    else:
        shown = client.send(ServiceDocument, "PUT", f"{path}/limits", OwnerLimitsBody.model_construct(limits=chosen))
    if as_json:
        print_json(shown)
        return
    whose = "chosen by the owner" if shown.owner_limits else "from the platform file"
    print_line((shown.name, "bold"), f": {_tell(shown.total)}; each client: ", _tell(shown.per_client), f" ({whose})")


def _choose(requests: Rate, burst: int | None, per_client: Rate, per_client_burst: int | None) -> Limits | None:
    if per_client is None and per_client_burst is not None:
        fail(ExitCode.USAGE, "--per-client-burst takes --per-client too")
    if requests is None and burst is None and per_client is None:
        return None
    client = None
    if per_client is not None:
        client = ClientLimits.model_construct(requests=per_client, burst=per_client_burst)
    return Limits.model_construct(requests=requests, burst=burst, per_client=client)


def _tell(bucket: BucketDocument | None) -> str:
    return f"{format_rate(bucket.requests_per_s)}, burst {bucket.burst}" if bucket else "no limit"
