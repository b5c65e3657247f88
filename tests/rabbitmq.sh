#!/bin/sh
# A RabbitMQ broker of the tests' own, until standard input closes: data, cookie, node name and epmd of its own, on the loopback only.
#   tests/rabbitmq.sh FOLDER AMQP MANAGEMENT DIST EPMD [AMQPS]     (the last five are free ports)
# The user is gateway, the password too. For AMQPS the folder has ca.pem, server.pem and server.key, and clients must show a certificate of that authority.
# What it logs is in FOLDER/log. Started again on the same folder it has what it had.
set -eu
# A session of its own: whatever ends the tests, by whatever signal, does not end this before it has cleaned up.
if [ -z "${GATEWAY_BROKER:-}" ]; then GATEWAY_BROKER=1 exec setsid -w "$0" "$@"; fi
folder=$1 amqp=$2 management=$3 dist=$4 epmd=$5 amqps=${6:-}
programs=${RABBITMQ_PROGRAMS:-/usr/lib/rabbitmq/bin}
mkdir -p "$folder/log"
{
  echo "listeners.tcp.1 = 127.0.0.1:$amqp"
  echo "management.tcp.ip = 127.0.0.1"
  echo "management.tcp.port = $management"
  echo "default_user = gateway"
  echo "default_pass = gateway"
  # A small disk or a busy machine must not stop publishers in the middle of a test.
  echo "disk_free_limit.absolute = 1MB"
  echo "vm_memory_high_watermark.absolute = 1GB"
  echo "collect_statistics_interval = 1000"
  if [ -n "$amqps" ]; then
    echo "listeners.ssl.1 = 127.0.0.1:$amqps"
    echo "ssl_options.cacertfile = $folder/ca.pem"
    echo "ssl_options.certfile = $folder/server.pem"
    echo "ssl_options.keyfile = $folder/server.key"
    echo "ssl_options.verify = verify_peer"
    echo "ssl_options.fail_if_no_peer_cert = true"
  fi
} >"$folder/rabbitmq.conf"
echo '[rabbitmq_management].' >"$folder/plugins"
# What it tells of queues is half a second old at most, not five.
echo '[{rabbit, [{quorum_tick_interval, 500}]}].' >"$folder/advanced.config"

# Erlang keeps its cookie in the home folder.
export HOME="$folder" ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME="gateway$amqp@localhost" RABBITMQ_DIST_PORT="$dist" RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$folder/advanced.config"
export RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_PID_FILE="$folder/pid"
# No busy waiting: the cores belong to the tests. And the server in this process, not behind a shell that outlives it.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} -start_epmd false" RUNNING_UNDER_SYSTEMD=true

epmd -port "$epmd" -address 127.0.0.1 </dev/null >/dev/null 2>&1 &
names=$!
until epmd -port "$epmd" -names >/dev/null 2>&1; do sleep 0.05; done
# A group of its own, so that whatever Erlang starts ends with it.
setsid "$programs/rabbitmq-server" </dev/null >>"$folder/log/out" 2>&1 &
server=$!
echo "$server" >"$folder/server"
cat >/dev/null
kill -KILL -"$server" 2>/dev/null || true
kill -KILL "$names" 2>/dev/null || true
wait "$server" "$names" 2>/dev/null || true
