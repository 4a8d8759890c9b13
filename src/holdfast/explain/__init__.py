"""Why a request got its answer: from what an edge logged or a client was told, and what the journal says of the time.

Pure: whoever calls has read the log, the journal and the platform file's text.
"""

from holdfast.explain.explain import explain
from holdfast.explain.history import History
from holdfast.explain.moment import Moment
from holdfast.explain.pasted import PastedAnswer, read_pasted

__all__ = ["History", "Moment", "PastedAnswer", "explain", "read_pasted"]
