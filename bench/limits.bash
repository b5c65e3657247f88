# shellcheck shell=bash
# bench/run limits: what the gateway needs at the edges of what it is made for, beside nginx. Read by bench/run, whose functions and settings it uses.
#
# nginx forwards as the gateway does, each piece as it comes (proxy_buffering and proxy_request_buffering off: "nginx"), and as it does by default (both on:
# "nginx_buffered"), where what the other side does not take at once goes to a file.

limits_kept=1
declare -A limit_line=()

# Where a target is called for plain HTTP.
limits_path() { case $1 in nginx_buffered) echo /buffered ;; *) echo /open ;; esac }

# name of the figures, target, then a command of the generator with its options
limit() {
  local figures=$1 name=$2 line
  shift 2
  [[ " ${targets[*]} " == *" ${name%_buffered} "* ]] || return 0
  say "$figures: $name"
  line=$(generate "${name%_buffered}" "$(limits_path "$name")" "$@") || { limits_kept=0; say "$figures: $name FAILED: $line"; }
  limit_line[$figures.$name]=$(tail -1 <<<"$line")
}

limits() {
  local name
  # Files are given by the hard limit; each connection through a proxy takes two at most.
  ulimit -n "$(ulimit -Hn)"
  (($(ulimit -n) > idle_connections + 2000)) || fail "$idle_connections connections need more open files than $(ulimit -n); see ulimit -n."
  transfers upload_1 --direction upload
  transfers download_1 --direction download
  limit upload_1 nginx_buffered transfer --bytes "$transfer_bytes" --direction upload
  limit download_1 nginx_buffered transfer --bytes "$transfer_bytes" --direction download
  transfers upload_4 --direction upload --count 4
  transfers download_4 --direction download --count 4
  transfers slow_download --direction download --pace 50
  limit slow_download nginx_buffered transfer --bytes "$transfer_bytes" --direction download --pace 50
  # The generator has HTTP/2 from HttpClient, and these nginx packages have none in clear beside HTTP/1.1.
  for name in upload download; do
    limit "http2_${name}_1" gateway transfer --bytes "$transfer_bytes" --direction "$name" --http2 --resident-max "$transfer_max"
  done
  # Last: the gateway keeps much of what it took for the connections, and the bodies would be charged with it.
  limit idle gateway idle --count "$idle_connections" --seconds "$idle_seconds" --resident-max "$idle_max"
  limit idle nginx idle --count "$idle_connections" --seconds "$idle_seconds"
  limits_report
}

# A transfer through the gateway, which has a bound, and through nginx.
transfers() {
  local figures=$1
  shift
  limit "$figures" gateway transfer --bytes "$transfer_bytes" --resident-max "$transfer_max" "$@"
  limit "$figures" nginx transfer --bytes "$transfer_bytes" "$@"
}

limits_report() {
  local figures name line
  {
    echo "# Limits"
    echo
    echo "$(provenance limits). \"nginx\" passes each piece on as it comes, \"nginx_buffered\" has its default, files for what is not taken at once."
    echo "Memory is resident memory of the program and its children, at its most where not said otherwise."
    echo
    echo "$idle_connections idle connections, $(member open "${limit_line[idle.gateway]}") of them open at the end through the gateway, each after one request, opened after the transfers below; a connection that does not answer a second request is lost. The bound is $idle_max MiB."
    echo
    echo "| through | MiB before | with them | at most | after | KiB per connection |"
    echo "|---|--:|--:|--:|--:|--:|"
    for name in gateway nginx; do
      line=${limit_line[idle.$name]-}
      [[ -n $line ]] || continue
      echo "| $name | $(member resident_before_mib "$line") | $(member resident_mib "$line") | $(member resident_max_mib "$line") |" \
        "$(member resident_after_mib "$line") | $(member kib_per_connection "$line") |"
    done
    echo
    echo "Bodies of $((transfer_bytes >> 20)) MiB, one and four at once, and read at 50 MB/s; each byte is checked. The bound is $transfer_max MiB."
    echo "HTTP/2 is in clear, and to the mock it is HTTP/1.1."
    echo
    echo "| | through | MB/s | CPU ms/GiB | MiB before | at most |"
    echo "|---|---|--:|--:|--:|--:|"
    for figures in upload_1 upload_4 download_1 download_4 slow_download http2_upload_1 http2_download_1; do
      for name in gateway nginx nginx_buffered; do
        line=${limit_line[$figures.$name]-}
        if [[ -n $line ]]; then
          echo "| $figures | $name | $(member mb_per_second "$line") | $(member cpu_ms_per_gib "$line") | $(member resident_before_mib "$line") | $(member resident_max_mib "$line") |"
        fi
      done
    done
  } | tee "$root/docs/benchmarks/limits.md"
  echo
  limit_ratios idle resident_mib kib_per_connection
  for figures in upload_1 upload_4 download_1 download_4 slow_download http2_upload_1 http2_download_1; do
    limit_ratios "$figures" mb_per_second cpu_ms_per_gib resident_max_mib
  done
  ((limits_kept)) || fail "a bound was not kept, or a body or connection was lost; see above."
}

# A line for each figure beside each rival's; beside none where only the gateway was measured.
limit_ratios() {
  local figures=$1 figure name ours theirs
  shift
  for figure; do
    ours=$(member "$figure" "${limit_line[$figures.gateway]}")
    [[ -n ${limit_line[$figures.nginx]-} ]] || ratio "${figures}_$figure" "$ours"
    for name in nginx nginx_buffered; do
      theirs=${limit_line[$figures.$name]-}
      [[ -z $theirs ]] || ratio "${figures}_$figure.$name" "$ours" "$(member "$figure" "$theirs")"
    done
  done
}
