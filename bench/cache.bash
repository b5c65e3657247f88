# shellcheck shell=bash
# bench/run cache: answers from the cache, beside nginx (proxy_cache, files in memory) and Varnish (malloc). Read by bench/run, whose functions and settings it uses.
#
# nginx once as it is measured elsewhere, and once with an access log, as the gateway has.
#
# Each target has stored the answer before it is measured; one that asks the mock all the same is said so.

cache_sizes=(64 10240)

install_varnish() {
  command -v varnishd >/dev/null && return
  if command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
    # Debian would start one on its own port. Not for us.
    printf '#!/bin/sh\nexit 101\n' >"$results/policy-rc.d"
    local policy=/usr/sbin/policy-rc.d
    [[ -e $policy ]] || { install -m 755 "$results/policy-rc.d" "$policy"; apt-get install -y -qq --no-install-recommends varnish >>"$results/install.log" 2>&1 || true; rm -f "$policy"; }
  fi
}

start_varnish() {
  command -v varnishd >/dev/null || { leave_out varnish "it is not installed."; return; }
  printf 'vcl 4.1;\nbackend mock { .host = "127.0.0.1"; .port = "%s"; }\n' "$BENCH_MOCK_PORT" >"$state/mock.vcl"
  # Two pools are its default, of 100 threads each; the rest of its defaults stay.
  start_target varnish varnishd -F -n "$state/varnish" -a "127.0.0.1:${port[varnish]}" -f "$state/mock.vcl" -s malloc,256m
}

# The path of a target's answers.
cache_path() { if [[ $1 == nginx-logged ]]; then echo "/cached/logged/cacheable?bytes=$2"; else echo "/cached/cacheable?bytes=$2"; fi; }

cache() {
  local round name size line
  declare -A rates=() cpus=()
  warm_up_cache
  for ((round = 1; round <= rounds; round++)); do
    for size in "${cache_sizes[@]}"; do
      for name in "${targets[@]}"; do
        [[ $name != direct ]] || continue
        say "Hits of $size bytes, round $round of $rounds: $name"
        line=$(saturate "$name" "$seconds" "$(cache_path "$name" "$size")" "${http_headers[@]}")
        rates[$name.$size]+="${line% *} " cpus[$name.$size]+="${line#* } "
      done
    done
  done
  cache_report
}

# Also puts the answers into all of them.
warm_up_cache() {
  local name size
  for size in "${cache_sizes[@]}"; do
    for name in "${targets[@]}"; do
      [[ $name != direct ]] || continue
      saturate "$name" 1 "$(cache_path "$name" "$size")" "${http_headers[@]}" >/dev/null
    done
    say "Warming up for $((warm_up_seconds / 2)) s …"
    saturate gateway "$((warm_up_seconds / 2))" "/cached/cacheable?bytes=$size" "${http_headers[@]}" >/dev/null
  done
}

cache_report() {
  local name size key
  for key in "${!rates[@]}"; do
    rates[$key]=$(tr ' ' '\n' <<<"${rates[$key]% }" | median)
    cpus[$key]=$(tr ' ' '\n' <<<"${cpus[$key]% }" | median)
  done
  {
    echo "# Answers from the cache"
    echo
    echo "$(provenance cache). Medians of $rounds rounds of $seconds s: wrk, 32 connections, kept alive. The gateway has its access log and metrics on, nginx-logged its access log in pieces of 64 KiB; nginx and Varnish have none."
    echo
    echo "| bytes of body | target | req/s | CPU us/req | req/s per CPU second |"
    echo "|--:|---|--:|--:|--:|"
    for size in "${cache_sizes[@]}"; do
      for name in "${targets[@]}"; do
        [[ $name != direct ]] || continue
        echo "| $size | $name | ${rates[$name.$size]} | ${cpus[$name.$size]} | $(awk -v us="${cpus[$name.$size]}" 'BEGIN { printf "%.0f", 1e6 / us }') |"
      done
    done
  } | tee "$root/docs/benchmarks/cache.md"
  echo
  for size in "${cache_sizes[@]}"; do
    for name in nginx nginx-logged varnish; do
      [[ " ${targets[*]} " == *" $name "* ]] || continue
      ratio "cache_cpu_us_per_request_$size.$name" "${cpus[gateway.$size]}" "${cpus[$name.$size]}"
      ratio "cache_requests_per_second_$size.$name" "${rates[gateway.$size]}" "${rates[$name.$size]}"
    done
  done
}
