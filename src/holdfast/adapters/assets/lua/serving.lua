-- Answers from copies alone, however old, and says how old they are.
local counting, variant = require("counting"), require("variant")
local validated = ngx.shared.validated
local DETAIL = "LAST-GOOD-COPY"
local M = {}

function M.admit()
    local method = ngx.var.request_method
    if (method ~= "GET" and method ~= "HEAD") or ngx.var.zone == "off" then
        return ngx.exec("@none")
    end
    variant.simplify_request()
end

local function write_problem()
    local id = string.gsub(ngx.var.http_x_request_id or "", '[^%w-]', "")
    return string.format(
        '{"type":"about:blank","title":"This service failed or can\'t be reached, and there is no copy of this","status":503,'
            .. '"cause":"assets.none","service":"%s","request_id":"%s"}\n', ngx.var.part, id
    )
end

local function head_problem()
    ngx.status = 503
    ngx.header.content_type = "application/problem+json"
    ngx.header.retry_after = "1"
    ngx.header["X-Holdfast-Cause"] = "assets.none"
    ngx.header["X-Request-Id"] = ngx.var.http_x_request_id
    ngx.header.cache_control = "no-store"
    counting.count("none")
end

function M.refuse()
    head_problem()
    if ngx.var.request_method ~= "HEAD" then ngx.print(write_problem()) end
end

local function withhold()
    for name in pairs(ngx.resp.get_headers(0)) do ngx.header[name] = nil end
    ngx.ctx.body = write_problem()
    head_problem()
end

-- Age (RFC 9111, 5.1), Cache-Status (RFC 9211) and since when the copy stands for what can't be reached.
function M.mark()
    if ngx.status ~= 200 and ngx.status ~= 304 and ngx.status ~= 410 then return end
    local born, lifetime, when = string.match(ngx.var.upstream_http_x_holdfast_kept or "", "^(%d+) (%d+) (%a+)$")
    if not born or ngx.status == 410 then return withhold() end
    local _, name = variant.fingerprint(ngx.var.asked_host, ngx.var.asked_path)
    born = math.max(tonumber(born), validated:get(name) or 0)
    local age = math.max(0, math.floor(ngx.now() - born))
    local left = tonumber(lifetime) - age
    if left <= 0 and when == "fresh" then return withhold() end
    ngx.header.age = age
    ngx.header["Cache-Status"] = string.format("holdfast; hit; ttl=%d; detail=%s", left, DETAIL)
    ngx.header["X-Holdfast-Copy"] = os.date("!%Y-%m-%dT%H:%M:%SZ", born)
    counting.count(left <= 0 and "served_stale" or "served_fresh")
end

function M.replace_body()
    local body = ngx.ctx.body
    if body == nil then return end
    ngx.arg[1] = not ngx.ctx.sent and ngx.var.request_method ~= "HEAD" and body or ""
    ngx.arg[2], ngx.ctx.sent = true, true
end

return M
