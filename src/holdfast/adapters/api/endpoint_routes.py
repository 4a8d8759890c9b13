"""The machines behind services: listed, and drained when their provider takes them back."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from holdfast.adapters.api.access import Owner, Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.noun import Noun
from holdfast.model.refusal import Refusal
from holdfast.model.scalars import Address, Name
from holdfast.model.token import Role
from holdfast.views.endpoints import EndpointsDocument
from holdfast.views.reclaims import ReclaimsDocument

router = APIRouter(prefix="/v1")
CLUSTERS_MAX = 200


class Machines(Protocol):
    """What is known of machines."""

    def list_endpoints(self, service: str | None, after: str, count_max: int) -> EndpointsDocument:
        """At most `count_max` clusters after a name, of one service or of all."""

    async def report(
        self, author: str, host: str, address: str | None, at: float | None, tenant: str | None
    ) -> ReclaimsDocument | Refusal:
        """Somebody says that a machine is taken back; with `tenant`, only that tenant's endpoints are drained."""


def _fold(host: str) -> str:
    return host.strip("[]").lower()


class ReclaimBody(Noun):
    """A machine that is taken back: one endpoint's `address`, or a `host` with all its endpoints.

    `at` is when (Unix time, in seconds); two minutes from now if it is left out.
    """

    address: Address | None = None
    host: Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_fold)] | None = None
    at: Annotated[float, Field(ge=0, le=4_102_444_800)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "ReclaimBody":
        if (self.address is None) is (self.host is None):
            raise ValueError("say the machine's address or its host, and one of them only")
        return self


async def _machines(request: Request) -> Machines:
    machines: Machines = request.app.state.machines
    return machines


Known = Annotated[Machines, Depends(_machines)]


@router.get("/endpoints")
async def list_endpoints(
    _viewer: Viewer, machines: Known, service: Name | None = None, after: str = ""
) -> EndpointsDocument:
    """The endpoints of all services or of one, where they are known from, and which are drained."""
    return machines.list_endpoints(service, after[:512], CLUSTERS_MAX)


@router.post("/reclaims")
async def report_reclaim(owner: Owner, machines: Known, body: ReclaimBody) -> ReclaimsDocument:
    """A machine's provider takes it back: drain its endpoints, as far as the others can take over, until it is gone.

    A machine may say so itself, with the token of an owner, who is heard for the own tenant's endpoints only.
    """
    host = body.host or _fold((body.address or "").rpartition(":")[0])
    tenant = owner.tenant if owner.role is Role.OWNER else None
    answer = await machines.report(owner.name, host, body.address, body.at, tenant)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
