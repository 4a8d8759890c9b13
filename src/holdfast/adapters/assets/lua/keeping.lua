-- Stands between the store and an edge, and judges every answer: kept, refused for a while, or no longer to be had.
local counting, variant = require("counting"), require("variant")
local seen, variants, validated, fetched = ngx.shared.seen, ngx.shared.variants, ngx.shared.validated, ngx.shared.fetched
local AGAIN_S, REFUSED_S, WINDOW_S, VARIANTS_S, UNDER_WAY_MAX = 1, 10, 10, 3600, 64
local LOOK_AGAIN_MIN_S, LOOK_AGAIN_MAX_S, VALIDATED_S = 10, 600, 7200
local LIMIT_HEADERS = { "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset" }
local WITHDRAWN = { [401] = true, [403] = true, [410] = true, [451] = true }
local bounds, under_way = {}, 0
local M = {}

function M.set_bounds(object_max, fetches_max, fetched_bytes_max, variants_max)
    bounds.object, bounds.fetches, bounds.bytes, bounds.variants = object_max, fetches_max, fetched_bytes_max, variants_max
end

-- Each service may only have so much fetched: a flood of new addresses costs its upstream, and the disk, no more.
function M.begin()
    local service = ngx.var.part
    local second, window = math.floor(ngx.now()), math.floor(ngx.now() / WINDOW_S)
    ngx.ctx.window = service .. " b " .. window
    local fetches = fetched:incr(service .. " f " .. second, 1, 0, 2) or 0
    local bytes = fetched:get(ngx.ctx.window) or 0
    if fetches > bounds.fetches or bytes > bounds.bytes or under_way >= UNDER_WAY_MAX then
        counting.count("throttled")
        return ngx.exit(429)
    end
    under_way = under_way + 1
    ngx.ctx.asset, ngx.ctx.name = variant.fingerprint(ngx.var.http_host or "", ngx.var.request_uri)
end

local function read_directives(text)
    local found = {}
    for part in string.gmatch(string.lower(text), "[^,]+") do
        local name, value = string.match(part, '^%s*([%w-]+)%s*=?%s*"?(%d*)')
        if name then found[name] = value or "" end
    end
    return found
end

local function join(value)
    return type(value) == "table" and table.concat(value, ",") or value or ""
end

-- Freshness lifetime (RFC 9111, 4.2.1), in seconds; 0 if it isn't stated.
local function lifetime_of(directives, header, now)
    local stated = tonumber(directives["s-maxage"]) or tonumber(directives["max-age"])
    if stated then return math.min(stated, 2147483647) end
    local expires = header.expires and ngx.parse_http_time(join(header.expires))
    local date = header.date and ngx.parse_http_time(join(header.date)) or now
    return expires and math.max(0, expires - date) or 0
end

-- When the answer was made or last found to be right (RFC 9111, 4.2.3), in seconds since 1970.
local function birth_of(header, now)
    local date = header.date and ngx.parse_http_time(join(header.date)) or now
    return math.floor(now - math.max(0, now - date, tonumber(join(header.age)) or 0))
end

local function is_one_too_many()
    if variants:get(ngx.ctx.name) then return false end
    local had = variants:get(ngx.ctx.asset) or 0
    if had >= bounds.variants then return true end
    variants:set(ngx.ctx.asset, had + 1, VARIANTS_S)
    variants:set(ngx.ctx.name, true, VARIANTS_S)
    return false
end

local function is_passing(status)
    return status == 429 or status >= 500
end

local function judge_answer(status, header, directives)
    if WITHDRAWN[status] then return "withdrawn" end
    if status ~= 200 and status ~= 304 then return "refused_status" end
    if directives["no-store"] or directives.private or directives["no-cache"] then return "withdrawn" end
    if header.set_cookie then return "refused_cookie" end
    if not variant.can_tell_apart(join(header.vary)) then return "refused_vary" end
    if (tonumber(join(header.content_length)) or 0) > bounds.object then return "refused_size" end
    if status == 200 and header.vary and is_one_too_many() then return "refused_variants" end
    return status == 200 and "kept" or "validated"
end

local function keep(status, header, directives)
    local now = ngx.now()
    local born, lifetime = birth_of(header, now), lifetime_of(directives, header, now)
    local only_fresh = directives["must-revalidate"] or directives["proxy-revalidate"] or directives["s-maxage"]
    if status == 304 then validated:set(ngx.ctx.name, born, VALIDATED_S) else validated:delete(ngx.ctx.name) end
    ngx.header["X-Holdfast-Kept"] = string.format("%d %d %s", born, lifetime, only_fresh and "fresh" or "any")
    local left = born + lifetime - now
    ngx.header["X-Accel-Expires"] = math.floor(math.max(LOOK_AGAIN_MIN_S, math.min(left, LOOK_AGAIN_MAX_S)))
end

-- What the store takes from this: how long until it looks again; 0: don't keep. A mark takes a withdrawn copy's place.
function M.judge()
    if not ngx.ctx.asset then return end
    local status, header = ngx.status, ngx.header
    local directives = read_directives(join(header.cache_control))
    local verdict = judge_answer(status, header, directives)
    counting.count(verdict)
    header["X-Holdfast-Kept"], header["X-Accel-Expires"] = nil, nil
    for _, name in ipairs(LIMIT_HEADERS) do header[name] = nil end
    if verdict == "kept" or verdict == "validated" then return keep(status, header, directives) end
    seen:set("no " .. ngx.ctx.name, true, is_passing(status) and AGAIN_S or REFUSED_S)
    ngx.ctx.emptied = true
    header.content_length, header.vary, header.set_cookie = nil, nil, nil
    header["X-Accel-Expires"] = verdict == "withdrawn" and LOOK_AGAIN_MIN_S or 0
    if verdict == "withdrawn" then ngx.status = 410 elseif status == 200 or status == 304 then ngx.status = 502 end
end

-- What says no length is measured as it comes; an answer that is cut off isn't kept.
function M.measure()
    local ctx = ngx.ctx
    if not ctx.asset then return end
    if ctx.emptied then
        ngx.arg[1] = ""
        return
    end
    ctx.bytes = (ctx.bytes or 0) + #ngx.arg[1]
    local service_bytes = fetched:incr(ctx.window, #ngx.arg[1], 0, 2 * WINDOW_S) or 0
    if ctx.bytes > bounds.object or service_bytes > bounds.bytes + bounds.object then
        counting.count("refused_size")
        seen:set("no " .. ctx.name, true, REFUSED_S)
        return ngx.ERROR
    end
end

function M.finish()
    if ngx.ctx.asset then under_way = under_way - 1 end
end

return M
