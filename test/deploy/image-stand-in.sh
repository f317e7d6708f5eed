#!/bin/sh
# Lays out a root file system like the image's from this machine's files: image-stand-in.sh ROOT REPOSITORY NODE COMMAND... It has
# Node.js, nft, ulogd and libraries, but unlike the image no shell and no tool. Goes on with the command.
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
exec "$@"
