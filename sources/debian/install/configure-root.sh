#!/bin/sh
# Makes a configured root of packages that are laid out already. Runs as root of namespaces of its own
# (mounts, processes, network), which may be those of an ordinary user.
#
#   configure-root.sh WORK OUTPUT EPOCH STORAGE
#
# WORK holds tars (files to lay over one another, each ended by a zero byte), omit (paths of them to leave out),
# records.tar (what goes on top), foundation (names, one a line), dpkg.cfg, first/*.deb and then/*.deb.
# STORAGE is memory or disk.
set -eu
umask 022
work=$1 output=$2 epoch=$3 storage=$4
root=$work/root

mkdir "$root"
if [ "$storage" = memory ]; then
  # dpkg waits for the disk after each package, and this copy is thrown away.
  mount -t tmpfs -o mode=0755,size=90% packages "$root"
else
  # An ordinary user could not remove what other users of this namespace own.
  trap 'umount -R "$root/dev" "$root/proc" "$root/run" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
fi

# The links of merged /usr must be there before the first path that leads through them.
for directory in bin lib lib64 sbin; do
  mkdir -p "$root/usr/$directory"
  ln -s "usr/$directory" "$root/$directory"
done
unpack_tar() {
  tar --extract --directory "$root" --numeric-owner --same-owner --same-permissions \
    --keep-directory-symlink --xattrs --xattrs-include='security.capability' --xattrs-include='user.*' "$@"
}
xargs -0 cat <"$work/tars" |
  unpack_tar --ignore-zeros --anchored --no-wildcards --exclude-from="$work/omit"
# With all directories in it once, so that it is these modes and owners that count.
unpack_tar --file "$work/records.tar"

mount -t tmpfs -o mode=0755,nosuid devices "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mkdir "$root/dev/shm" "$root/dev/pts"
# A container that hides parts of /proc lets nobody mount another one.
mount -t proc processes "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
mount -t tmpfs -o mode=0755,nosuid,nodev run "$root/run"
mkdir -p "$root/run/lock" "$root/run/first" "$root/run/then" "$root/etc/dpkg/dpkg.cfg.d"
mount --bind "$work/first" "$root/run/first"
mount --bind "$work/then" "$root/run/then"
config=$root/etc/dpkg/dpkg.cfg.d/haos-build
cp "$work/dpkg.cfg" "$config"

inside() {
  env -i PATH="$path" HOME=/root LC_ALL=C.UTF-8 TZ=UTC SOURCE_DATE_EPOCH="$epoch" \
    DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true DEBCONF_NOWARNINGS=yes \
    chroot "$root" "$@" </dev/null
}
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

if ! inside /usr/bin/true; then
  : >"$work/cannot-run"
  exit 1
fi

# Nothing starts here (invoke-rc.d(8)).
policy=$root/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
else
  policy=
fi
# A node makes keys of its own. Making some here to throw them away would take seconds, so that files that are
# there already keep the package from it.
mkdir -p "$root/etc/ssh"
for kind in rsa ecdsa ed25519; do : >"$root/etc/ssh/ssh_host_${kind}_key"; done

# The package ca-certificates collects all certificates when it is configured, and again when its own trigger comes.
# Each time it starts 700 processes, which is half of all: once, at the end, gives the same.
mkdir "$root/run/bin"
printf '#!/bin/sh\necho "$*" >>/run/certificates\n' >"$root/run/bin/update-ca-certificates"
chmod 755 "$root/run/bin/update-ca-certificates"
plain_path=$path
path=/run/bin:$path

# Archives in an order of our own, not the disk's. Arguments: where they are, and options for dpkg.
unpack() {
  # shellcheck disable=SC2016
  inside /bin/sh -c '
    directory=$1
    shift
    set -- "$@" "$directory"/*.deb
    for last; do :; done
    [ ! -e "$last" ] || exec dpkg --no-triggers --unpack "$@"
  ' sh "$@"
}

# The same order as debootstrap's: the foundation stands before anything relies on it.
unpack /run/first --force-depends
# Names hold no spaces.
# shellcheck disable=SC2046
inside dpkg --no-triggers --force-depends --configure $(cat "$work/foundation")
unpack /run/then
inside dpkg --configure --pending

# shellcheck disable=SC2016
unfinished=$(inside dpkg-query --show --showformat '${binary:Package} is ${db:Status-Status}\n' | grep -v ' is installed$' || true)
if [ -n "$unfinished" ]; then
  echo "$unfinished" >&2
  exit 1
fi

path=$plain_path
if [ -e "$root/run/certificates" ]; then
  if grep -q -e --fresh "$root/run/certificates"; then inside update-ca-certificates --fresh; else inside update-ca-certificates; fi
fi

rm "$config"
[ -z "$policy" ] || rm "$policy"
rmdir "$root/etc/ssh" 2>/dev/null || true
# In the root, where no link can lead out of it.
inside /bin/sh -c '
  rm -rf /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id /etc/iscsi/initiatorname.iscsi \
    /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock \
    /var/lib/dpkg/*-old /var/lib/dpkg/lock* /var/lib/dpkg/triggers/Lock /var/lib/dpkg/available \
    /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/cache/apt/* /var/lib/apt/lists/* \
    /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/backups/* /tmp/* /var/tmp/*
  find /var/log -type f -size +0 -delete
  # A package of Debian starts its services everywhere; here a recipe says what starts.
  rm -f /etc/rc[0-6S].d/* /etc/runlevels/*/* /etc/init.d/.depend.*
  # Directories of documentation that is left out.
  find /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /usr/share/lintian \
    -mindepth 1 -depth -type d -empty -delete 2>/dev/null || true
'
umount -R "$root/run" "$root/proc" "$root/dev"

# No times but one, no names of users, no order of the disk: the same packages give the same bytes.
tar --create --file "$output" --directory "$root" --one-file-system --sort=name --mtime="@$epoch" --numeric-owner \
  --format=pax --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' \
  --xattrs --xattrs-include='security.capability' --xattrs-include='user.*' .
