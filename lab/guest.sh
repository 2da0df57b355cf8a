#!/usr/bin/env bash
# Process 1 of the lab after init.sh: runs the one command and writes its exit code, the verdict. Everything between
# host and guest goes through the folder $control, which lab/run.sh fills and reads. When this script fails the kernel
# panics for want of a process 1, and so there is no verdict.
set -euo pipefail
control=/run/ringwall-lab
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The names udev would have made.
for name in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "/proc/self/${name#*:}" "/dev/${name%:*}"; done
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo lab >/proc/sys/kernel/hostname
ip link set lo up

mapfile -d '' -t argv <"$control/argv"
mapfile -d '' -t environment <"$control/environ"
mapfile -d '' -t places <"$control/places"
directory=${places[0]} results=${places[1]} disk=${places[2]}
mkdir -p -- "$results"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 results "$results"

if [[ -n $disk ]]; then
  modprobe virtio_blk
  mkdir /run/disk
  mount -t ext4 /dev/vda /run/disk
fi

run() {
  local entry
  # A clean start: only what the caller's environment held. Names that bash cannot hold (exported functions) are left out.
  for entry in $(compgen -e); do unset "$entry"; done
  for entry in "${environment[@]}"; do [[ $entry =~ ^[A-Za-z_][A-Za-z_0-9]*= ]] && export "${entry?}" || true; done
  export RINGWALL_LAB_RESULTS=$results
  [[ -z $disk ]] || export RINGWALL_LAB_DISK=/run/disk
  cd -- "$directory" || exit 125
  exec -- "${argv[@]}"
}

# The command writes into pipes, never into the shared files: a program may open /dev/stdout again, which would
# truncate a file.
exec {out}> >(exec cat >>"$control/out" 2>/dev/null)
out_reader=$!
exec {err}> >(exec cat >>"$control/err" 2>/dev/null)
err_reader=$!
(run) </dev/null >&"$out" 2>&"$err" {out}>&- {err}>&- &
command=$!
status=0
wait "$command" || status=$?
exec {out}>&- {err}>&-

# What the command left running ends with it, and so lets go of the pipes; kernel threads have no executable.
for process in /proc/[0-9]*; do
  id=${process#/proc/}
  [[ $id == "$$" || $id == "$out_reader" || $id == "$err_reader" || ! -e $process/exe ]] ||
    kill -KILL "$id" 2>/dev/null || true
done
wait "$out_reader" "$err_reader"

printf '%s\n' "$status" >"$control/verdict"
sync
# Restart at once: the emulator is told not to, and ends.
echo b >/proc/sysrq-trigger
