"""What was found out about the world around a platform file, so that checks need not ask it themselves."""

from holdfast.model.noun import Noun


class Facts(Noun):
    """Facts gathered for one check. What wasn't looked into is left empty, and isn't complained about.

    `unresolved` holds host names that have no address; `ports_in_use` holds listen addresses, as written in
    the file, that something else listens on.
    """

    unresolved: frozenset[str] = frozenset()
    ports_in_use: frozenset[str] = frozenset()
