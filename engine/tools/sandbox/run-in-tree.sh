#!/bin/sh
# Runs a program in a tree of files where nothing but that tree exists, and gives back the tree as the program leaves it.
#
#   run-in-tree.sh STORAGE LIMIT ARCH EPOCH PROGRAM [ARGUMENT…]  <BEFORE.tar  >AFTER.tar
#
# The program has no file, process or network of this machine, and nobody it can become is anybody here: its ids are
# ids that no account has. STORAGE is memory, or disk: then the tree lies below the working directory while it is used.
# LIMIT is how many bytes the tree may take in memory, and any one file. ARCH is a name of qemu-user. Ends with status 99
# where this machine cannot run programs of ARCH, and with 98 where it cannot keep them apart.
#
# BEFORE.tar is ours and holds no path below a link: it is unpacked where this machine is still in sight.
set -eu

if [ "$(id -u)" != 0 ]; then
  # Root of the ids that the user was given (subuid(5)), which is enough for what follows.
  unshare --user --map-root-user --map-auto true || exit 98
  exec unshare --user --map-root-user --map-auto /bin/sh "$0" "$@"
fi

# What happens inside the namespaces. bubblewrap gives the tree devices that hold nothing and a /proc of its own, makes it
# the root (pivot_root(2)), lets go of all else, and forbids new privileges.
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
  # Its path is closed to the ids in here; the directory itself is not.
  mount --no-canonicalize --bind . "$root"
fi
cd /
ulimit -f "$((limit / 512))"
# Nor is there a namespace of its own in which it would have the rights that it has not here.
{ echo 0 >/proc/sys/user/max_user_namespaces; } 2>/dev/null || true

# A namespace has emulators of its own since Linux 6.7 (binfmt_misc); before, those of the machine must do.
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
  # F: it is opened now, and need not be in the root.
  printf "%s\n" ":haos-build:M::$magic:$mask:$emulator:F" >/mnt/register || true
}

enter() {
  # The rights that containers get from Docker, but for those over the network.
  bwrap --bind "$root" / --dev /dev --proc /proc --tmpfs /run --chdir / \
    --unshare-pid --die-with-parent --new-session --cap-drop ALL \
    --cap-add CAP_CHOWN --cap-add CAP_DAC_OVERRIDE --cap-add CAP_FOWNER --cap-add CAP_FSETID --cap-add CAP_KILL \
    --cap-add CAP_SETGID --cap-add CAP_SETUID --cap-add CAP_SETPCAP --cap-add CAP_SETFCAP --cap-add CAP_SYS_CHROOT \
    --cap-add CAP_MKNOD --cap-add CAP_AUDIT_WRITE \
    --clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LANG C.UTF-8 \
    --setenv HOME /root --setenv TZ UTC --setenv SOURCE_DATE_EPOCH "$epoch" \
    -- "$@" </dev/null >&2
}

# Here the tree is still empty: where this fails, it is not for the tree. A container that hides parts of /proc lets nobody
# mount another one, and by its own the files of this machine are reached: bubblewrap waits for its program among them.
bwrap --ro-bind / / --dev /dev --proc /proc --unshare-pid --cap-drop ALL true || exit 98

tar --extract --file=- --directory "$root" --numeric-owner --same-owner --same-permissions \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*"
enter /bin/sh -c : 2>/dev/null || register
enter /bin/sh -c : || exit 99
# Its status may be any, and ours mean something.
enter "$@" || exit 1

# No times but one, no names of users, no order of the disk: the same tree gives the same bytes.
tar --create --file=- --directory "$root" --one-file-system --sort=name --mtime="@$epoch" --numeric-owner \
  --format=pax --pax-option="exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime" \
  --xattrs --xattrs-include="security.capability" --xattrs-include="user.*" .
'

# As many ids as there are, up to 65536, none of which is root of this machine: `START COUNT`.
range() {
  start=0 most=0
  while read -r first _ count; do
    if [ "$first" = 0 ]; then first=1 count=$((count - 1)); fi
    # Of all ids the last that systemd keeps for containers (systemd.io/UIDS-GIDS).
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
# A process that holds the namespace until the pipe is closed: its ids can be written only from outside.
# shellcheck disable=SC2094
unshare --user /bin/sh -c 'echo "$$"; read -r _' <"$pipe" 5>&- | {
  exec 5>"$pipe"
  rm "$pipe"
  read -r holder || exit 98
  echo "0 $uids" >"/proc/$holder/uid_map" || exit 98
  echo "0 $gids" >"/proc/$holder/gid_map" || exit 98
  # Processes get a namespace of their own from bubblewrap, which looks them up in the /proc that is there before.
  apart() {
    nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 \
      unshare --mount --fork --kill-child --net --ipc --uts --cgroup --propagation private "$@" 3<&- 4>&- 5>&-
  }
  apart true || exit 98
  apart /bin/sh -c "$inside" sh "$@" <&3 >&4 || exit
  # Here, so that the shell stays until then, and the holder with it.
  exec 5>&-
}
