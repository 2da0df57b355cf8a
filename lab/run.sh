#!/usr/bin/env bash
# Runs one command as root in a full Debian kernel under emulation, in the same working directory, and gives back its
# output and exit code. See README.md beside this file.
#   lab/run.sh COMMAND [ARG…]
set -euo pipefail

readonly EXIT_USAGE=64 EXIT_TIMEOUT=124 EXIT_LAB=125 EXIT_POWER_CUT=137 EXIT_NO_READER=141
here=$(dirname "$(readlink -f "$0")")
limit=${RINGWALL_LAB_TIMEOUT:-600}
cache=$(realpath -m -- "${RINGWALL_LAB_CACHE:-$here/../.cache/lab}")

fail() {
  printf 'lab: %s\n' "$1" >&2
  exit "${2:-$EXIT_LAB}"
}

[[ $# -gt 0 ]] || fail 'usage: lab/run.sh COMMAND [ARG…]' "$EXIT_USAGE"
[[ $limit =~ ^[1-9][0-9]*$ ]] || fail "RINGWALL_LAB_TIMEOUT is a number of seconds, not \"$limit\"" "$EXIT_USAGE"

# Each program with the package it comes in; the guest uses modprobe and ip from the same root.
missing=()
for need in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static modprobe:kmod cpio:cpio xz:xz-utils ip:iproute2; do
  PATH=$PATH:/usr/sbin:/sbin command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done
[[ ${#missing[@]} -eq 0 ]] || fail "the test kernel needs these packages: ${missing[*]} (run scripts/setup.sh as root)"
PATH=$PATH:/usr/sbin:/sbin "$here/kernel.sh" "$cache" || exit "$EXIT_LAB"

control=$(mktemp -d "${TMPDIR:-/tmp}/ringwall-lab.XXXXXXXX")
emulator=
cleanup() {
  [[ -z $emulator ]] || kill "$emulator" 2>/dev/null || true
  rm -rf "$control"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# npm changes to the package's folder before it runs a script; the caller's own folder is the one that is meant.
directory=$PWD
[[ ${npm_lifecycle_event:-} != lab ]] || directory=${INIT_CWD:-$PWD}
results=${RINGWALL_LAB_RESULTS:-$control/results}
mkdir -p "$results"
results=$(realpath -- "$results")

cp "$here/guest.sh" "$control/guest.sh"
printf '%s\0' "$@" >"$control/argv"
env -0 >"$control/environ"
printf '%s\0' "$directory" "$results" "${RINGWALL_LAB_DISK:-}" >"$control/places"
: >"$control/out"
: >"$control/err"

# The writes the guest flushes are flushed on the disk, and no others (cache=writeback).
disk=()
if [[ -n ${RINGWALL_LAB_DISK:-} ]]; then
  disk=(-drive "file=${RINGWALL_LAB_DISK//,/,,},format=raw,cache=writeback,if=none,id=disk" -device virtio-blk-pci,drive=disk)
fi

# share TAG PATH OPTIONS: one folder of the host, over 9p. In the emulator's options a comma is written twice.
shares=()
share() {
  shares+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
share host / ,readonly=on
share modules "$cache/kernel/lib/modules" ,readonly=on
share control "$control" ''
share results "$results" ''

# The emulator holds a descriptor for each open file of the guest.
ulimit -Sn "$(ulimit -Hn)"
timeout --kill-after=5 "$limit" \
  qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m "${RINGWALL_LAB_MEMORY:-2G}" \
  -nodefaults -no-reboot -display none -serial "file:${control//,/,,}/console.log" \
  -kernel "$cache/kernel/image" -initrd "$cache/initramfs" \
  -append 'console=ttyS0 quiet panic=-1 mitigations=off' "${shares[@]}" "${disk[@]}" -pidfile "$control/emulator.pid" \
  </dev/null >"$control/emulator.log" 2>&1 &
emulator=$!

# The guest appends to two files here; following them gives the output as it comes, nothing lost at the end.
tail -s 0.1 --pid="$emulator" -c +1 -f "$control/out" 2>/dev/null &
readers=($!)
tail -s 0.1 --pid="$emulator" -c +1 -f "$control/err" >&2 2>/dev/null &
readers+=($!)

# A power cut: the emulator gets no chance to write anything more.
cut_power() {
  kill -KILL "$(<"$control/emulator.pid")"
  wait
  emulator=
  exit "$EXIT_POWER_CUT"
}
trap cut_power USR1

ended=0
wait -n -p first "$emulator" "${readers[@]}" || ended=$?
# Following ends before the emulator only when nobody reads our output any more (a closed pipe): as SIGPIPE would.
[[ $first == "$emulator" ]] || exit "$EXIT_NO_READER"
emulator=
wait "${readers[@]}" || true

# Without a verdict nothing is known about the command: that is never a success.
if [[ -s $control/verdict ]]; then exit "$(<"$control/verdict")"; fi
if [[ $ended == 124 || $ended == 137 ]]; then
  fail "stopped after $limit seconds (RINGWALL_LAB_TIMEOUT), the command had not ended" "$EXIT_TIMEOUT"
fi
printf 'lab: the last lines of the kernel and the emulator:\n' >&2
tail -n 60 "$control/console.log" "$control/emulator.log" >&2 || true
fail "the test kernel ended without a verdict (emulator exit code $ended)"
