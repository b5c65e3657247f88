-- wrk sends the generator's own request (Load/Target.cs), which bench/run wrote to a file.
local file = assert(io.open(os.getenv("BENCH_REQUEST"), "rb"))
local bytes = file:read("*a")
file:close()

function request()
  return bytes
end
