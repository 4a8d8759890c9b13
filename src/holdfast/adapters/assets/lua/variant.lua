-- Which copy of an asset a request means: by its key, and by those of its headers that answers may vary on.
local M = {}

M.TOLD_APART = {
    "accept", "accept-encoding", "accept-language", "origin",
    "access-control-request-method", "access-control-request-headers",
}
local FOREIGN = {}
for _, name in ipairs(M.TOLD_APART) do FOREIGN[name] = true end

-- Whether copies of an answer can be told apart: it varies on nothing, or on headers that are passed on.
function M.can_tell_apart(vary)
    for name in string.gmatch(string.lower(vary), "[^,%s]+") do
        if not FOREIGN[name] then return false end
    end
    return true
end

-- Browsers spell what they can unpack in many ways; copies are told apart by two of them: br and gzip.
function M.simplify_encodings(text)
    local taken = {}
    for token in string.gmatch(string.lower(text), "[^,]+") do
        local name, weight = string.match(token, "^%s*([%w*-]+)%s*;?%s*q?=?([%d.]*)")
        taken[name or ""] = weight == "" or tonumber(weight) ~= 0
    end
    if taken.br and taken.gzip then return "gzip, br" end
    return taken.br and "br" or taken.gzip and "gzip" or nil
end

function M.simplify_request()
    local encodings = ngx.var.http_accept_encoding
    if encodings then ngx.req.set_header("Accept-Encoding", M.simplify_encodings(encodings)) end
end

-- A short name of the asset, and one of its variant.
function M.fingerprint(host, path)
    local asset = ngx.var.part .. " " .. ngx.var.asked_scheme .. "://" .. host .. path
    local parts = { asset }
    for _, name in ipairs(M.TOLD_APART) do
        parts[#parts + 1] = ngx.var["http_" .. string.gsub(name, "-", "_")] or ""
    end
    return ngx.md5(asset), ngx.md5(table.concat(parts, "\n"))
end

return M
