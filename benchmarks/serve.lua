-- Requests for wrk, one path a line of the file named first. "fresh" makes each a query that was not asked before,
-- by a comment at its end, where the query is; the number named last sets one run apart from another.
local paths, fresh, n = {}, false, 0
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end

function init(args)
  for line in io.lines(args[1]) do
    paths[#paths + 1] = line
  end
  fresh = args[2] == "fresh"
  n = (tonumber(args[3]) * 64 + id) * 10000000
end

function request()
  n = n + 1
  local path = paths[n % #paths + 1]
  if fresh then
    path = path .. "%23" .. string.format("%.0f", n)
  end
  return wrk.format("GET", path, { Accept = "application/sparql-results+json" })
end
