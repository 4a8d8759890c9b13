"""Which mitigations refuse nothing, because what they are for is in observe mode."""

from functools import cached_property

from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure
from holdfast.model.platform import Mode


class Observation:
    """What observe mode makes of measures under an intent."""

    def __init__(self, intent: Intent | None) -> None:
        self._intent = intent

    def spares_all(self, measure: Measure) -> bool:
        """Whether nothing at all is refused by it."""
        if self._intent is None:
            return False
        if measure.service is None:
            return self._intent.platform.mode is Mode.OBSERVE
        return measure.service in self._intent.services and self._intent.mode_of(measure.service) is Mode.OBSERVE

    def warn(self, measure: Measure) -> tuple[str, ...]:
        """What whoever takes the measure must know."""
        if self.spares_all(measure):
            return (f"nothing is refused while {measure.service or 'the platform'} is in observe mode",)
        if measure.service is None and self._spared_count:
            one = self._spared_count == 1
            return (f"nothing is refused to {self._spared_count} service{'' if one else 's'} in observe mode",)
        return ()

    @cached_property
    def _spared_count(self) -> int:
        intent = self._intent
        return sum(intent.mode_of(name) is Mode.OBSERVE for name in intent.services) if intent else 0
