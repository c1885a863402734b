-- One request after the other from a file: a path on each line. The first argument is the file, the second the method.
local paths, turn, method, body = {}, 0, "GET", nil

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  method = args[2] or "GET"
  if method == "POST" then
    body = '{"carrier": "BlueDart", "tracking": "BD1234567"}'
    wrk.headers["Content-Type"] = "application/json"
  end
end

function request()
  turn = turn + 1
  if method == "POST" and turn > #paths then wrk.thread:stop() end
  return wrk.format(method, paths[(turn - 1) % #paths + 1], wrk.headers, body)
end
