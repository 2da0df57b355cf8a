#!/usr/bin/env bash
# Installs and builds what is missing, and nothing else: apt packages, node_modules, dist/. Quick when all is there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

# nft, ip and their kin for the demo and the namespace tests; the second line is the full test kernel (lab/README.md).
packages=(nftables iproute2 strace
  qemu-system-x86 busybox-static kmod cpio xz-utils)

say() { printf 'setup: %s\n' "$*" >&2; }

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  # Lists may be older than the mirror or absent altogether, as in a container.
  apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@"
}

missing=()
if [[ -e /etc/debian_version ]] && command -v dpkg-query apt-get >/dev/null; then
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || missing+=("$package")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    :
  elif [[ $(id -u) != 0 ]]; then
    say "not root, so these Debian packages are not installed: ${missing[*]}"
    say 'what needs them will not run (as root: apt-get install '"${missing[*]})"
  else
    say "installing ${missing[*]}"
    install_packages "${missing[@]}" >&2 || say "apt-get failed: what needs ${missing[*]} will not run"
  fi
else
  say "this is not Debian: what needs ${packages[*]} runs only if they are here already"
fi

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
  say "Node 20.19 or newer is needed, this is $(node --version)"
  exit 1
}

# npm writes this file last, so a broken install is repeated.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  say 'installing node modules'
  npm ci --include=dev --no-audit --no-fund >&2
fi

node scripts/build.mjs
