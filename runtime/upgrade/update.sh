#!/bin/sh
# Checks this file, and upgrades a node to the release that it contains. For nodes without a network.
#
# An ISO 9660 image begins at byte 0, too: it leaves its first 32 KiB to others (ECMA-119, 6.2.1), and this script fills
# them. The digest is that of everything after them.
set -eu

name=@NAME@
title=@TITLE@
version=@VERSION@
arch=@ARCH@
header=@HEADER@
sha256=@SHA256@

usage() {
  cat <<END
Usage: sh $0 [OPTION…]
Checks this file, and upgrades this node to $title $version ($arch). Run it as root.

  --check   only check the file
  --reboot  reboot afterwards

All other options are those of \`$name upgrade\`.
END
}

fail() {
  echo "$0: $1" >&2
  exit 1
}

main() {
  case ${1:-} in
    -h | --help)
      usage
      return
      ;;
  esac
  [ -f "$0" ] || fail 'this script must be a file: save it first, then run it'
  found=$(tail -c "+$((header + 1))" "$0" | sha256sum)
  [ "${found%% *}" = "$sha256" ] || fail 'the file is damaged or incomplete: copy it again'
  if [ "${1:-}" = --check ]; then
    echo "This is $title $version for $arch, complete."
    return
  fi
  [ "$(id -u)" = 0 ] || fail 'only root can upgrade: use sudo'
  command -v "$name" >/dev/null || fail "this machine does not run $title"
  exec "$name" upgrade --source "$0" "$@"
}

main "$@"
# The shell must not read on: what follows is no script.
exit
