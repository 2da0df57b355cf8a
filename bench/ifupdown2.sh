#!/usr/bin/env bash
# Unpacks Debian's package ifupdown2 into .cache/ifupdown2, once: bench/links.mjs runs it in the test kernel. It is not
# installed, and nothing of it becomes part of ringwall.
set -euo pipefail
cache=$(dirname "$(readlink -f "$0")")/../.cache/ifupdown2
[[ ! -e $cache/usr/share/ifupdown2 ]] || exit 0
mkdir -p "$cache"
cd "$cache"
apt-get -qq download ifupdown2 2>apt.log || {
  printf 'bench: apt-get cannot download ifupdown2: %s\n' "$(<apt.log)" >&2
  exit 1
}
dpkg -x ifupdown2_*.deb .
rm ifupdown2_*.deb apt.log
