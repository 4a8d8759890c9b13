"""Whether standbys could take over: proofs with a date, and verdicts on them."""

from holdfast.model.readiness import Verdict
from holdfast.recover.readiness.judging import judge_standby

__all__ = ["Verdict", "judge_standby"]
