#!/bin/sh
# Deprecated, and kept for those who call it: upgrades one part of this node by the node's own `upgrade`.
#
# The source is the first argument, or the version in @VARIABLE@ at the address that the image names.
set -eu

name=@NAME@
part=@PART@
version=$(printenv @VARIABLE@) || version=latest
releases=@RELEASES@

fail() {
  echo "${0##*/}: $1" >&2
  exit 1
}

echo "${0##*/} is deprecated: use \`$name upgrade --source …\`." >&2
# The kernel is that of another system, which its package manager upgrades.
if [ "$part" = kernel ] && [ "$(cat @RUN@/mode 2>/dev/null)" = local ]; then
  echo "${0##*/}: this system runs with the kernel of another one, which is not changed." >&2
  exit
fi
source=${1:-}
if [ -z "$source" ]; then
  [ -n "$releases" ] || fail 'this image names no address of releases: give a source, as in @NAME@-upgrade-@PART@ /dev/sdb'
  case $version in *[!A-Za-z0-9.+~_-]*) fail "\"$version\" is not a version" ;; esac
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=arm ;; esac
  source=$(echo "$releases" | sed "s|{version}|$version|g; s|{arch}|$arch|g")
fi
exec "$name" upgrade "--$part" --source "$source"
