#!/usr/bin/env bash
# Makes the pictures of README and docs/measurement.md from real runs: the dashboard is
# drawn by its own code, reports are photographed in headless Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
target=
trap '[ -z "$target" ] || kill "$target"; rm -rf "$tmp"' EXIT

# photograph REPORT PICTURE HEIGHT [CSS]: the top of a report, with rules of our own at its end.
photograph() {
  { cat "$1"; echo "<style>${4:-}</style>"; } > "$tmp/page.html"
  chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
    --user-data-dir="$tmp/profile" --window-size="1280,$3" --screenshot="$PWD/docs/$2" "file://$tmp/page.html"
}

# steady NAME LENGTH: a scenario of 1,000 requests a second on the target.
steady() {
  cat > "$tmp/$1.yaml" <<EOF
version: 1
name: $1
target: {base_url: "$url"}
http: {timeout: 10s, pool: {max: 100}}
users: {visitor: {tasks: {visit: {steps: [{get: /}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, rate: 1000/s, duration: $2, max_lag: 10s}]
slo: {response_time: [p(99)<100ms]}
EOF
}

# serve FLAGS…: the queue of known answers, at $url, until the next one.
serve() {
  [ -z "$target" ] || kill "$target"
  coproc QUEUE { exec bin/loadctl target queue --service const --mean 5ms --servers 0 "$@"; }
  target=$QUEUE_PID
  read -r _ url _ <&"${QUEUE[0]}"
}

bin/loadctl run --ui none --runs "$tmp/demo" scenarios/items.yaml
run=$(echo "$tmp"/demo/*)
go test ./reports/tui -count=1 -run TestPicture -picture "$PWD/docs/dashboard.svg" -of "$run" -at 31s -size 120x36
photograph "$run/report.html" report.png 1500

# A target that stands still for two seconds in a minute: response time and service time.
serve --freeze-at 30s --freeze-for 2s
steady freeze 60s
bin/loadctl run --ui none --runs "$tmp/freeze" "$tmp/freeze.yaml" || [ $? = 99 ]
report=$(echo "$tmp"/freeze/*/report.html)
photograph "$report" freeze.png 560 '.head, .nav, main > section:not(#times) { display: none }'
photograph "$report" sure.png 420 '.head, .nav, main > section:not(#percentiles), #percentiles > :not(h2, h3, .scroll), .scroll:not(:has(#sure)) { display: none }'

# All that sends stands still for two seconds: the measurement is spoilt, and says so.
serve
steady stopped 15s
bin/loadctl run --ui none --runs "$tmp/stopped" "$tmp/stopped.yaml" & running=$!
sleep 7
agents=$(pgrep -P "$(pgrep -d, -P "$running")")
kill -STOP $agents
sleep 2
kill -CONT $agents
wait "$running" || [ $? = 97 ]
photograph "$(echo "$tmp"/stopped/*/report.html)" stopped.png 760 '.nav, main > section:not(#validity) { display: none }'
