#!/bin/sh
# Runs a program as a container of a job of the system-upgrade-controller: privileged, in the node's namespaces of processes, network and
# IPC and in one of its own for mounts, on a root that can be written, with the node's root below /host and nothing of the mounts propagated.
set -eu
image=$(dirname "$0")/rootfs
root=/run/container
if [ -z "${IN_POD-}" ]; then
  IN_POD=yes exec unshare --mount --propagation private sh "$0" "$@"
fi
mkdir -p "$root" /run/container-layer
mount -t tmpfs tmpfs /run/container-layer
mkdir /run/container-layer/upper /run/container-layer/work
mount -t overlay -o "lowerdir=$image,upperdir=/run/container-layer/upper,workdir=/run/container-layer/work" overlay "$root"
mount --rbind / "$root/host"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/run/system-upgrade/pod"
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ \
  SYSTEM_UPGRADE_NODE_NAME=node SYSTEM_UPGRADE_POD_NAME=apply-servers SYSTEM_UPGRADE_POD_UID=1 \
  SYSTEM_UPGRADE_PLAN_NAME=servers SYSTEM_UPGRADE_PLAN_LATEST_HASH=0 SYSTEM_UPGRADE_PLAN_LATEST_VERSION=0.2.0 \
  chroot "$root" "$@"
