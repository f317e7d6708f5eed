#!/bin/sh
# Runs the agent as the DaemonSet runs it in the image: confined.sh ROOT REPOSITORY NODE [FLAG...]. Root without a right but
# NET_ADMIN, no way to get one back, a read-only file system that has Node.js, nft and libraries, but no shell and no tool.
# To be called in a mount namespace of its own.
set -eu
root=$1 repository=$2 node=$3
shift 3
mount -t tmpfs -o mode=755 image "$root"
cd "$root"
mkdir -p usr/local/bin usr/sbin usr/bin usr/lib lib lib64 opt/ringfence/dist opt/ringfence/rules proc run dev etc tmp
bind() { mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"; }
for library in usr/lib lib lib64; do
  if [ -d "/$library" ]; then bind "/$library" "$library"; fi
done
for file in usr/local/bin/node usr/sbin/nft usr/sbin/ulogd usr/bin/setpriv opt/ringfence/package.json; do : >"$file"; done
bind "$node" usr/local/bin/node
bind "$(readlink -f "$(command -v nft)")" usr/sbin/nft
bind "$(readlink -f "$(command -v ulogd)")" usr/sbin/ulogd
bind "$(readlink -f "$(command -v setpriv)")" usr/bin/setpriv
bind "$repository/dist" opt/ringfence/dist
bind "$repository/rules" opt/ringfence/rules
bind "$repository/package.json" opt/ringfence/package.json
mount --bind /dev dev
mount --bind /proc proc
# The volume of the DaemonSet; the lab's kubeconfig lies in it, where a pod has its service account.
mount --bind /run run
mount -o remount,ro "$root"
exec chroot "$root" /usr/bin/setpriv --no-new-privs --bounding-set=-all,+net_admin --inh-caps=-all \
  /usr/local/bin/node /opt/ringfence/dist/ringfence.js "$@"
