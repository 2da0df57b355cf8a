#!/usr/bin/env bash
# npm start: sets up, then shows the main job on the demo site, on this kernel if it can, else in the full test kernel.
#
# dist/demo/probe.js exits 0 when this kernel has what the demo needs; otherwise it prints what is missing.
# dist/demo/main.js runs the demo as root, leaves nothing behind, and exits 0 when everything it showed was so.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

bash scripts/setup.sh

if [[ $(id -u) != 0 ]]; then
  printf 'The demo changes network namespaces, which only root may do here: it runs in the full test kernel.\n\n'
elif node dist/demo/probe.js; then
  exec node dist/demo/main.js "$@"
else
  printf 'This kernel lacks what the demo needs: it runs in the full test kernel instead.\n\n'
fi
exec lab/run.sh node dist/demo/main.js "$@"
