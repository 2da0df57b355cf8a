#!/bin/busybox sh
# First process of the lab, from the initramfs: makes the host's root the root of this kernel, with every write kept in
# memory, then hands over to guest.sh.
/bin/busybox --install -s /bin
export PATH=/bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order

# Loose caching is right for a tree that one short-lived reader never writes, and makes starting Node several times faster.
share=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o "$share,ro,cache=loose" host /lower || exit 1
mount -t tmpfs -o mode=755 tmpfs /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /new || exit 1

# The host's own runtime state (pids, sockets, namespaces) means nothing here.
mount -t tmpfs -o mode=755 tmpfs /new/run
mkdir -p /new/run/ringwall-lab /new/lib/modules
mount -t 9p -o "$share" control /new/run/ringwall-lab || exit 1
mount -t 9p -o "$share,ro,cache=loose" modules /new/lib/modules || exit 1
for kernel in proc sys dev; do mount -o move "/$kernel" "/new/$kernel"; done
exec switch_root /new /bin/bash /run/ringwall-lab/guest.sh
