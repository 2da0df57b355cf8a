#!/usr/bin/env bash
# Makes what the lab boots, once: Debian's stock kernel with its modules, and the initramfs around lab/init.sh.
#   lab/kernel.sh CACHE     leaves CACHE/kernel/{image,lib/modules/} and CACHE/initramfs
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=$1

fail() {
  printf 'lab: the test kernel cannot be built: %s\n' "$*" >&2
  exit 1
}

# What the initramfs needs to reach the host's files; everything else is loaded by the running system.
boot_modules=(virtio_pci 9pnet_virtio 9p overlay)

# Hardware the emulator does not have. Leaving it out makes the cache a third of the size and depmod as much faster.
unwanted=(sound drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless drivers/infiniband drivers/scsi
  drivers/usb drivers/iio drivers/staging drivers/hwmon drivers/input drivers/hid)

# linux-image-amd64 only names the current kernel; that package is the one with the files.
kernel_package() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

download() {
  local package
  package=$(kernel_package)
  [[ -n $package ]] || return 1
  # apt says that it cannot drop privileges in a private folder; only its errors matter here.
  (cd "$1" && apt-get -qq download "$package") 2>"$1/apt.log"
}

# Decompressing itself under emulation costs the kernel 3 of its 8 seconds of boot, so it is done here. The emulator can
# start an ELF kernel only by its PVH note (owner "Xen", type 18); without one the image stays as it came.
unpack_image() {
  local offset plain
  plain=$(mktemp -p "$work")
  offset=$(LC_ALL=C grep -abom1 $'\xfd7zXZ' "$1" | cut -d: -f1) || offset=0
  tail -c "+$((offset + 1))" "$1" | xz -dcq --single-stream >"$plain" 2>/dev/null || true
  if LC_ALL=C grep -qaP '\x04\x00{3}[\x04\x08]\x00{3}\x12\x00{3}Xen\x00' "$plain"; then cat "$plain"; else cat "$1"; fi
}

unpack_kernel() {
  local fresh=$1 excludes=() part
  [[ $(dpkg --print-architecture) == amd64 ]] || fail "only amd64 is supported, this is $(dpkg --print-architecture)"
  printf 'lab: fetching the test kernel (about 70 MB, once)\n' >&2
  if ! download "$fresh"; then
    # Package lists that are missing or name a version the mirror no longer has: one refresh, if we may.
    [[ $(id -u) == 0 ]] && apt-get -qq update >&2 || true
    download "$fresh" || fail "apt-get cannot download what linux-image-amd64 depends on: $(cat "$fresh/apt.log" 2>/dev/null ||
      echo 'apt does not know that package; run "apt-get update" as root')"
  fi
  for part in "${unwanted[@]}"; do excludes+=("--exclude=./*lib/modules/*/kernel/$part"); done
  dpkg-deb --fsys-tarfile "$fresh"/linux-image-*.deb |
    tar -x -C "$fresh" "${excludes[@]}" --wildcards --no-same-owner './boot/vmlinuz-*' './*lib/modules/*' ||
    fail "the kernel package does not unpack"
  rm "$fresh"/linux-image-*.deb "$fresh/apt.log"
  unpack_image "$fresh"/boot/vmlinuz-* >"$fresh/image"
  rm -r "$fresh/boot"
  # Newer packages keep modules in /usr/lib, and newer kmod looks there: let both paths lead to the same folder.
  if [[ -d $fresh/usr/lib ]]; then mv "$fresh/usr/lib" "$fresh/lib" && rm -r "$fresh/usr"; fi
  ln -s . "$fresh/usr"
  depmod -b "$fresh" "$(ls "$fresh/lib/modules")" || fail "depmod cannot index the modules"
}

pack_initramfs() {
  local tree=$1 release module path
  release=$(ls "$cache/kernel/lib/modules")
  mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,upper,new}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  cp "$here/init.sh" "$tree/init"
  chmod 755 "$tree/init"
  for module in "${boot_modules[@]}"; do
    # Prints "insmod PATH [OPTION…]" in loading order, and "builtin NAME" for what needs no loading.
    modprobe -d "$cache/kernel" -S "$release" --show-depends "$module" || fail "the kernel has no module $module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tree/paths"
  while read -r path; do
    module=$(basename "$path")
    # Busybox cannot load compressed modules, which newer Debian kernels ship.
    case $path in
      *.ko) cp "$path" "$tree/modules/$module" ;;
      *.ko.xz) module=${module%.xz} && xz -dc "$path" >"$tree/modules/$module" ;;
      *) fail "unknown module format: $path" ;;
    esac
    printf '%s\n' "$module" >>"$tree/modules/order"
  done <"$tree/paths"
  rm "$tree/paths"
  (cd "$tree" && find . | cpio -o -H newc --quiet)
}

mkdir -p "$cache"
# Two runs that start together: the second waits here and then finds everything made.
exec 9>"$cache/lock"
flock 9
work=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

if [[ ! -e $cache/kernel/image ]]; then
  mkdir "$work/kernel"
  unpack_kernel "$work/kernel"
  rm -rf "$cache/kernel"
  mv "$work/kernel" "$cache/kernel"
fi
if [[ ! $cache/initramfs -nt $here/init.sh || ! $cache/initramfs -nt $here/kernel.sh ]]; then
  mkdir "$work/tree"
  pack_initramfs "$work/tree" >"$work/initramfs"
  mv "$work/initramfs" "$cache/initramfs"
fi
