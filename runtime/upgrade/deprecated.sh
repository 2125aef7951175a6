#!/bin/sh
# Deprecated, and kept for those who call it: upgrades one part of this node by the node's own `upgrade`.
#
# The source is the first argument, or the version in @VARIABLE@ at the address that the image names. Without a version, it is the latest: that of the
# image's channel.
set -eu

name=@NAME@
part=@PART@
version=$(printenv @VARIABLE@) || version=''
releases=@RELEASES@
channel=@CHANNEL@

fail() {
  echo "${0##*/}: $1" >&2
  exit 1
}

# A channel redirects to an address whose last element is the version, with status 302, as for the system-upgrade-controller. An image without one
# has a directory "latest".
latest() {
  if [ -z "$channel" ]; then
    echo latest
    return
  fi
  answer=$(curl -sS --proto '=http,https' --max-time 60 -o /dev/null -w '%{http_code} %{redirect_url}' "$channel") ||
    fail "the channel $channel does not answer"
  location=${answer#* }
  location=${location%%[?#]*}
  [ "${answer%% *}" = 302 ] ||
    fail "the channel $channel names no version: it answers with status ${answer%% *} instead of 302"
  echo "${location##*/}"
}

echo "${0##*/} is deprecated: use \`$name upgrade --source …\`." >&2
# The kernel is that of another system, which its package manager upgrades.
if [ "$part" = kernel ] && [ "$(cat @RUN@/mode 2>/dev/null)" = local ]; then
  fail 'this system runs with the kernel of another one, which is not changed.'
fi
source=${1:-}
if [ -z "$source" ]; then
  [ -n "$releases" ] || fail 'this image names no address of releases: give a source, as in @NAME@-upgrade-@PART@ /dev/sdb'
  [ -n "$version" ] || version=$(latest)
  case $version in '' | *[!A-Za-z0-9.+~_-]*) fail "\"$version\" is not a version" ;; esac
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=arm ;; esac
  source=$(echo "$releases" | sed "s|{version}|$version|g; s|{arch}|$arch|g")
fi
exec "$name" upgrade "--$part" --source "$source"
