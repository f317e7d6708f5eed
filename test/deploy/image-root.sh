#!/bin/sh
# Runs a command in the root file system of an image, as a container engine does: image-root.sh ROOT COMMAND... Read-only but for
# /run, the volume of the DaemonSet; in a lab its kubeconfig lies there, where a pod has its service account.
# To be called in a mount namespace of its own.
set -eu
root=$1
shift
mount --rbind "$root" "$root"
mount -o remount,bind,ro "$root"
for folder in dev proc run; do mount --bind "/$folder" "$root/$folder"; done
exec chroot "$root" "$@"
