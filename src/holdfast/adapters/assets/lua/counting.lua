-- What happened since the engine was started, by kind.
local counts = ngx.shared.counts
local M = {}

function M.count(what)
    counts:incr(what, 1, 0)
end

function M.report()
    ngx.header.content_type = "application/json"
    local parts = {}
    for _, name in ipairs(counts:get_keys(0)) do
        parts[#parts + 1] = string.format('"%s":%d', name, counts:get(name))
    end
    ngx.say("{", table.concat(parts, ","), "}")
end

return M
