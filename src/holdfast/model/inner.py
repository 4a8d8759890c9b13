"""What edges and Holdfast's own parts say to each other in requests and answers."""

from typing import Final

ADMIN_SOCKET: Final = "admin.sock"
"""Where an edge's Envoy tells how it is, in the folder of the edge."""
INNER_HEADER: Final = "x-holdfast-inner"
"""On requests that Holdfast's own parts send through an edge: which part it is. A client's own is removed."""
FROM_SPOOL: Final = "spool"
FROM_ASSETS: Final = "assets"
"""Values of that header: what was deferred and is delivered now; what the store of assets asks for to keep it."""
SERVICE_HEADER: Final = "x-holdfast-service"
"""On requests that an edge hands to one of Holdfast's own parts: which service they are for."""
ROUTE_HEADER: Final = "x-holdfast-route"
"""Likewise: the name that operators gave to the route, or none."""
RECEIPTS_PATH: Final = "/.well-known/holdfast/receipts/"
"""Below it, at the hosts of services that defer, everybody who was given a receipt reads what became of it."""
CAUSE_HEADER: Final = "x-holdfast-cause"
"""On every answer that an edge gives itself: which rule gave it."""
