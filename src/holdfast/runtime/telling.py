"""Telling tenants' contacts what the watch did to their services."""

from holdfast.adapters.notify import Notice, Notifier
from holdfast.mitigate.steps import TellTenant
from holdfast.model.ports import Clock


class Teller:
    """Delivers what the policy wants a tenant to be told."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock

    async def tell(self, step: TellTenant) -> str | None:
        """What went wrong, or None."""
        notice = Notice(
            tenant=step.tenant,
            contact=step.contact,
            mitigation=step.mitigation,
            occasion=step.occasion,
            subject=step.notice.subject,
            text=step.notice.text,
            at=self._clock(),
        )
        return await self._notifier.tell(notice)
