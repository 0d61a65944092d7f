#!/usr/bin/env bash
# Makes the pictures of README from one real run of the demo: the dashboard is drawn
# by its own code, the report photographed in headless Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

bin/loadctl run --ui none --runs "$tmp/runs" scenarios/items.yaml
run=$(echo "$tmp"/runs/*)

go test ./reports/tui -count=1 -run TestPicture -picture "$PWD/docs/dashboard.svg" -of "$run" -at 31s -size 120x36
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
  --user-data-dir="$tmp/profile" --window-size=1280,1500 --screenshot="$PWD/docs/report.png" "file://$run/report.html"
