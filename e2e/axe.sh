#!/usr/bin/env bash
# Prints the path of axe-core's script, fetched into .tools; prints nothing when npm cannot give it.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=.tools/axe
file=$PWD/$dir/node_modules/axe-core/axe.min.js
if [ ! -f "$file" ]; then
  mkdir -p "$dir"
  npm install --silent --no-save --no-audit --no-fund --prefix "$dir" axe-core@4.14.1 >&2 || exit 0
fi
echo "$file"
