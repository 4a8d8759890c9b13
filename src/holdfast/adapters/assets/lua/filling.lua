-- Told of every request that edges answer: sees to it that there is a copy, and that it is looked at again in time.
local variant = require("variant")
local seen = ngx.shared.seen
local UNDER_WAY_S, AGAIN_S = 15, 1
local M = {}

-- Go on to the fetch if this asset wasn't looked for in the last second, and isn't one that was refused lately.
function M.admit()
    local method, path = ngx.var.request_method, ngx.var.asked_path
    if (method ~= "GET" and method ~= "HEAD") or ngx.var.zone == "off" then return ngx.exit(204) end
    variant.simplify_request()
    local _, name = variant.fingerprint(ngx.var.asked_host, path)
    if seen:get("no " .. name) or not seen:add(name, true, UNDER_WAY_S) then return ngx.exit(204) end
    ngx.ctx.name = name
end

function M.close()
    if ngx.ctx.name then seen:set(ngx.ctx.name, true, AGAIN_S) end
end

return M
