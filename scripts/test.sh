#!/usr/bin/env bash
# npm test: sets up, then style, types, unit tests, namespace tests on this kernel, and lab tests in the full kernel.
# Ends with "N passed, N failed[, N skipped]". Where tests cannot run it says which; with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

if ! bash scripts/setup.sh; then
  printf 'set-up failed, no test ran\n0 passed, 1 failed\n'
  exit 1
fi

results=$(mktemp -d "${TMPDIR:-/tmp}/ringwall-test.XXXXXXXX")
trap 'rm -rf "$results"' EXIT

# Each step leaves one file there: NAME.exit with the exit code, NAME.json with vitest's report, or NAME.absent with
# the reason why it did not run. scripts/test-summary.mjs adds them up.
step() {
  local name=$1 code=0
  shift
  printf '\n== %s\n' "$name"
  "$@" </dev/null || code=$?
  printf '%s\n' "$code" >"$results/$name.exit"
}

absent() {
  printf '\n== %s\n%s tests did not run: %s\n' "$1" "$1" "$2"
  printf '%s\n' "$2" >"$results/$1.absent"
}

# Started by node and not npx, which needs seconds of its own under emulation.
vitest() {
  node node_modules/vitest/vitest.mjs run --project "$1" --passWithNoTests --reporter=default --reporter=json \
    --outputFile.json="$results/$1.json"
}

# The same, in the full kernel: the report comes back through the shared folder. The time limit is for a busy machine.
vitest_lab() {
  RINGWALL_LAB_TIMEOUT=${RINGWALL_LAB_TIMEOUT:-1800} RINGWALL_LAB_RESULTS=$results lab/run.sh node node_modules/vitest/vitest.mjs run --project lab --reporter=default \
    --reporter=json --outputFile.json="$results/lab.json"
}

step style node_modules/.bin/biome check .
step types node_modules/.bin/tsc -p tsconfig.json
step unit vitest unit
if [[ $(id -u) == 0 ]]; then step netns vitest netns; else absent netns 'they need root'; fi
if reason=$(lab/run.sh true 2>&1); then step lab vitest_lab; else absent lab "the full kernel cannot be had: $reason"; fi

printf '\n'
node scripts/test-summary.mjs "$results"
