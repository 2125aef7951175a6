#!/bin/sh
# Runs a program in a sandbox that contains only a tree of files, and returns the tree as the program leaves it.
#
#   run-in-tree.sh STORAGE LIMIT ARCH EPOCH PROGRAM [ARGUMENT…]  <BEFORE.tar  >AFTER.tar
#
# The program has no access to files, processes or the network of this machine, and all its ids are ids that no account
# has. STORAGE is `memory`, or `disk`, in which case the tree lies below the working directory while it is used. LIMIT is
# the maximum size in bytes of the tree in memory, and of any one file; 4096 processes may run at once. ARCH is a name of
# qemu-user. Exits with status 99 if this machine cannot run programs of ARCH, and with 98 if it cannot isolate them.
#
# BEFORE.tar is trusted and must hold no path below a symlink: it is unpacked while files of this machine are accessible.
set -eu

if [ "$(id -u)" != 0 ]; then
  # Root of the user's subordinate ids (subuid(5)) is enough for what follows.
  unshare --user --map-root-user --map-auto true || exit 98
  exec unshare --user --map-root-user --map-auto /bin/sh "$0" "$@"
fi

# The part inside the namespaces. bubblewrap gives the tree harmless devices and its own /proc, makes it the root
# (pivot_root(2)), unmounts everything else, and forbids new privileges.
# shellcheck disable=SC2016
inside='
set -eu
umask 022
storage=$1 limit=$2 arch=$3 epoch=$4
shift 4
root=/tmp
if [ "$storage" = memory ]; then
  mount -t tmpfs -o "mode=0755,size=$limit" tree "$root"
else
  # The ids in the namespace cannot access its path, but they can access the directory itself.
  mount --no-canonicalize --bind . "$root"
fi
cd /
ulimit -f "$((limit / 512))"
# All processes of the machine share its ids. dash calls this limit p, other shells u; it may be lower already.
{ ulimit -p 4096 || ulimit -u 4096 || true; } 2>/dev/null
# Forbids nested user namespaces, in which the program would have the privileges that it lacks here.
{ echo 0 >/proc/sys/user/max_user_namespaces; } 2>/dev/null || true

# Since Linux 6.7, a namespace has its own emulators (binfmt_misc); earlier kernels use those of the machine.
register() {
  case $arch in
    x86_64) class=2 machine=3e ;;
    aarch64) class=2 machine=b7 ;;
    arm) class=1 machine=28 ;;
    *) return 0 ;;
  esac
  for emulator in "/usr/bin/qemu-$arch-static" "/usr/bin/qemu-$arch"; do
    [ ! -x "$emulator" ] || break
  done
  [ -x "$emulator" ] || return 0
  mount -t binfmt_misc formats /mnt 2>/dev/null || return 0
  magic="\\x7fELF\\x0$class\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x$machine\\x00"
  mask="\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff"
  # F: the kernel opens the emulator now, so it need not exist in the root.
  printf "%s\n" ":haos-build:M::$magic:$mask:$emulator:F" >/mnt/register || true
}

enter() {
  # The capabilities of Docker containers, without those for the network.
  bwrap --bind "$root" / --dev /dev --proc /proc --tmpfs /run --chdir / \
    --unshare-pid --die-with-parent --new-session --cap-drop ALL \
    --cap-add CAP_CHOWN --cap-add CAP_DAC_OVERRIDE --cap-add CAP_FOWNER --cap-add CAP_FSETID --cap-add CAP_KILL \
    --cap-add CAP_SETGID --cap-add CAP_SETUID --cap-add CAP_SETPCAP --cap-add CAP_SETFCAP --cap-add CAP_SYS_CHROOT \
    --cap-add CAP_MKNOD --cap-add CAP_AUDIT_WRITE \
    --clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LANG C.UTF-8 \
    --setenv HOME /root --setenv TZ UTC --setenv SOURCE_DATE_EPOCH "$epoch" \
    -- "$@" </dev/null >&2
}

# The tree is still empty, so a failure here is not caused by it. A container that hides parts of /proc forbids mounting
# another one, and its own /proc exposes files of this machine, since bubblewrap waits for its program outside the tree.
bwrap --ro-bind / / --dev /dev --proc /proc --unshare-pid --cap-drop ALL true || exit 98

tar --extract --file=- --directory "$root" --numeric-owner --same-owner --same-permissions \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*"
enter /bin/sh -c : 2>/dev/null || register
enter /bin/sh -c : || exit 99
# The program may exit with any status, but 98 and 99 have a meaning here.
enter "$@" || exit 1

# One time for all files, no user names, sorted: the same tree gives the same bytes.
tar --create --file=- --directory "$root" --one-file-system --sort=name --mtime="@$epoch" --numeric-owner \
  --format=pax --pax-option="exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime" \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*" .
'

# Prints `START COUNT`: the largest available range of ids, up to 65536, without root of this machine.
range() {
  start=0 most=0
  while read -r first _ count; do
    if [ "$first" = 0 ]; then first=1 count=$((count - 1)); fi
    # If all ids are available: the last that systemd reserves for containers (systemd.io/UIDS-GIDS).
    if [ "$count" -gt 1879048191 ]; then first=1878982656 count=65536; fi
    if [ "$count" -gt 65536 ]; then first=$((first + count - 65536)) count=65536; fi
    if [ "$count" -gt "$most" ]; then start=$first most=$count; fi
  done <"$1"
  echo "$start $most"
}
uids=$(range /proc/self/uid_map)
gids=$(range /proc/self/gid_map)

exec 3<&0 4>&1
pipe=$(mktemp -u "$PWD/holder-XXXXXX")
mkfifo -m 0600 "$pipe"
if [ "$1" = disk ]; then
  tree=$(mktemp -d "$PWD/tree-XXXXXX")
  trap 'rm -rf --one-file-system "$tree"' EXIT
  chown "${uids% *}:${gids% *}" "$tree"
  cd "$tree"
fi
# A process that keeps the namespace until the pipe is closed: the id maps can be written only from outside.
# shellcheck disable=SC2094
unshare --user /bin/sh -c 'echo "$$"; read -r _' <"$pipe" 5>&- | {
  exec 5>"$pipe"
  rm "$pipe"
  read -r holder || exit 98
  echo "0 $uids" >"/proc/$holder/uid_map" || exit 98
  echo "0 $gids" >"/proc/$holder/gid_map" || exit 98
  # bubblewrap creates the PID namespace itself, because it looks up processes in the existing /proc.
  apart() {
    nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 \
      unshare --mount --fork --kill-child --net --ipc --uts --cgroup --propagation private "$@" 3<&- 4>&- 5>&-
  }
  apart true || exit 98
  apart /bin/sh -c "$inside" sh "$@" <&3 >&4 || exit
  # Closed here, so that the shell, and the holder with it, stay until the program has ended.
  exec 5>&-
}
