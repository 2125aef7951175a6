#!/bin/sh
# Runs one script in a root, apart from the machine: without network, as nobody outside of a user namespace.
#
#   run-script.sh ARCH EPOCH SCRIPT [ARGUMENT…]  <BEFORE.tar  >AFTER.tar
#
# SCRIPT is a path in the root. Ends with status 99 where the machine cannot run programs of ARCH.
set -eu
arch=$1
shift

# What happens inside. It sees nothing of the machine but /tmp, which is another one here, and devices that hold nothing.
# shellcheck disable=SC2016
inner='
set -eu
umask 022
cd /
arch=$1 epoch=$2
shift 2
mount -t tmpfs -o mode=0755,size=90% root /tmp
root=/tmp
tar --extract --directory "$root" --numeric-owner --same-owner --same-permissions --no-overwrite-dir \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*"
chmod 755 "$root"
mkdir -p "$root/dev" "$root/proc"
mount -t tmpfs -o mode=0755,nosuid devices "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
# A container that hides parts of /proc lets nobody mount another one.
mount -t proc processes "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TZ=UTC HOME=/root SOURCE_DATE_EPOCH="$epoch" \
    chroot "$root" "$@" </dev/null >&2
}
# A namespace has emulators of its own since Linux 6.7 (binfmt_misc); before, those of the machine must do.
register() {
  case $arch in
    x86_64) class=2 machine=3e ;;
    aarch64) class=2 machine=b7 ;;
    armv7) class=1 machine=28 ;;
    *) return 0 ;;
  esac
  case $arch in armv7) name=arm ;; *) name=$arch ;; esac
  for emulator in "/usr/bin/qemu-$name-static" "/usr/bin/qemu-$name"; do
    [ ! -x "$emulator" ] || break
  done
  [ -x "$emulator" ] || return 0
  misc=$root/proc/sys/fs/binfmt_misc
  mount -t binfmt_misc formats "$misc" 2>/dev/null || return 0
  magic="\\x7fELF\\x0$class\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x$machine\\x00"
  mask="\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff"
  # F: it is opened now, and need not be in the root.
  printf "%s\n" ":haos-build:M::$magic:$mask:$emulator:F" >"$misc/register" || true
}
inside /bin/sh -c : 2>/dev/null || register
inside /bin/sh -c : || exit 99
inside "$@"
umount -R "$root/proc" "$root/dev"
tar --create --directory "$root" --one-file-system --sort=name --mtime="@$epoch" --numeric-owner \
  --format=pax --pax-option="exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime" \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*" .
'

apart='--mount --pid --fork --kill-child --net --ipc --uts --propagation private'
if [ "$(id -u)" != 0 ]; then
  # shellcheck disable=SC2086
  exec unshare --user --map-root-user --map-auto $apart /bin/sh -c "$inner" sh "$arch" "$@"
fi
# Of root outside nothing is left inside: ids are those at the end of the range that systemd keeps for containers.
unshare --user sleep 86400 </dev/null >/dev/null &
holder=$!
trap 'kill "$holder" 2>/dev/null' EXIT
until [ "$(readlink "/proc/$holder/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
echo '0 1878982656 65536' >"/proc/$holder/uid_map"
echo '0 1878982656 65536' >"/proc/$holder/gid_map"
# shellcheck disable=SC2086
nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 \
  unshare $apart /bin/sh -c "$inner" sh "$arch" "$@"
