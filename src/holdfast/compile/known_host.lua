-- Runs only where no scope has the host as it stands, and takes one step towards one that may:
-- a name with capitals becomes lower case; `a.b.c` becomes `*.b.c`; `*.b.c` becomes `*.c`.
-- One step for each filter in the chain, since a filter sees the routes of its own look-up only once.
local HEADER = "x-holdfast-host"

function envoy_on_request(handle)
  if handle:metadata():get("known") then
    return
  end
  local host = handle:headers():get(HEADER) or ""
  local lower = string.lower(host)
  if lower == host then
    local rest = string.match(host, "^%*?%.?[^.]+%.(.+)$")
    if not rest then
      return
    end
    lower = "*." .. rest
  end
  handle:headers():replace(HEADER, lower)
  handle:clearRouteCache()
end
