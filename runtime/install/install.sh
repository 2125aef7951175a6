#!/bin/sh
# Installs the system of an ISO to a disk of this machine, from any running Linux.
#
# The ISO contains the installer and the programs that it runs; this script only starts it. The machine must have the
# programs that `main` checks for.
set -eu

usage() {
  cat <<'END'
Usage: install.sh [OPTION…] DEVICE ISO
DEVICE  the disk that is formatted (/dev/vda); with --no-format the partition to use (/dev/vda2)
ISO     URL or path

  --config PLACE     config.yaml of the installed system: URL or path
  --no-format        keep the partitions
  --partition-table gpt|msdos
                     partition table of the disk (default: gpt)
  --takeover[=reboot]
                     replace the system on the running root (DEVICE, with --no-format). The next boot deletes
                     everything else on it, then powers off, or with "reboot" continues
  --force-efi        refuse a disk without a place for a UEFI loader
  --tty TTY          terminal for /dev/console of the installed system
  --poweroff         power off afterwards, instead of rebooting
  --debug            print every step
  --stay             neither power off nor reboot afterwards
END
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

config='' takeover='' no_format='' leave=reboot debug='' tty='' table='' force_efi=''
device='' iso=''
# Mount points, latest first, one per line.
mounted=''

main() {
  read_arguments "$@"
  [ "$(id -u)" = 0 ] || fail 'only root can install: use sudo'
  for program in mount umount mktemp chroot readlink awk unshare; do
    command -v "$program" >/dev/null || fail "$program is needed, and is not installed"
  done
  # A mount namespace hides these mounts from the machine, and removes them however this script ends.
  if [ -z "${INSTALL_APART:-}" ]; then
    [ -f "$0" ] || fail 'this script must be a file: save it first, then run it'
    export INSTALL_APART=yes
    exec unshare --mount --propagation private sh "$0" "$@"
  fi
  case $(uname -m) in x86_64 | aarch64 | arm*) ;; *) fail "there is no system for $(uname -m)" ;; esac
  device=$(readlink -f "$device")
  [ -b "$device" ] || fail "$device is not a block device"
  if [ -n "$takeover" ]; then check_takeover; else check_unused; fi
  for file in iso config; do make_absolute "$file"; done
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/install.XXXXXX")
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  # Relative paths from here on: TMPDIR may contain any character, which overlayfs and /proc/mounts would escape.
  cd "$work"
  get_iso
  lay_out_root
  run_installer
  [ "$leave" != stay ] || return 0
  clean_up
  sync
  "$leave"
}

# make_absolute VARIABLE: makes the path in it absolute, since the working directory changes.
make_absolute() {
  eval "place=\$$1"
  place=${place#file://}
  case $place in
    '' | http://* | https://*) return ;;
    /*) ;;
    *) place=$PWD/$place ;;
  esac
  eval "$1=\$place"
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --config | --tty | --partition-table) [ $# -gt 1 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
      --help | -h)
        usage
        exit
        ;;
      --config)
        config=$2
        shift
        ;;
      --config=*) config=${1#*=} ;;
      --tty)
        tty=${2#/dev/}
        shift
        ;;
      --tty=*) tty=${1#*=} ;;
      --partition-table)
        table=$2
        shift
        ;;
      --partition-table=*) table=${1#*=} ;;
      --no-format) no_format=yes ;;
      --takeover) takeover=poweroff ;;
      --takeover=reboot) takeover=reboot ;;
      --force-efi) force_efi=yes ;;
      --debug) debug=yes ;;
      --poweroff | --power-off) leave=poweroff ;;
      --stay) leave=stay ;;
      -*) fail "there is no option $1: see install.sh --help" ;;
      *)
        if [ -z "$device" ]; then
          device=$1
        elif [ -z "$iso" ]; then
          iso=$1
        else fail "one argument too many: $1"; fi
        ;;
    esac
    shift
  done
  if [ -z "$iso" ]; then
    usage >&2
    exit 2
  fi
  [ -z "$debug" ] || set -x
}

# The installer cannot see the mounts of this machine, so this script checks them.
check_unused() {
  # /dev/sda1 is a partition of /dev/sda, as /dev/nvme0n1p1 is of /dev/nvme0n1, but /dev/sda10 is not one of /dev/sda1.
  used=$(awk -v disk="$device" '
    BEGIN {part = disk ~ /[0-9]$/ ? "^p[0-9]+$" : "^[0-9]+$"}
    $1 == disk || index($1, disk) == 1 && substr($1, length(disk) + 1) ~ part {print $1 " on " $2}
  ' /proc/mounts /proc/swaps)
  [ -z "$used" ] || fail "$device is in use: $used"
  name=${device##*/}
  # A mount may show another name of its device, such as /dev/root; the number is the same.
  for number in "/sys/class/block/$name/dev" "/sys/class/block/$name"/*/dev; do
    [ -e "$number" ] || continue
    used=$(awk -v number="$(cat "$number")" '$3 == number {print $5}' /proc/self/mountinfo)
    [ -z "$used" ] || fail "$device is in use: it is mounted on $used"
  done
  for holders in "/sys/class/block/$name/holders" "/sys/class/block/$name"/*/holders; do
    if [ -d "$holders" ] && [ -n "$(ls "$holders")" ]; then fail "$device is in use by $(ls "$holders")"; fi
  done
}

# Finds everything that would prevent the machine from booting afterwards, before anything is changed.
check_takeover() {
  [ -n "$no_format" ] || fail '--takeover keeps the partition: add --no-format'
  root=$(awk '$2 == "/" && $1 ~ "^/dev/" {print $1, $3}' /proc/mounts | tail -n 1)
  [ "${root#* }" = ext4 ] || fail "the running root is ${root#* }: only ext4 can be taken over"
  running=$(root_device) || fail 'the device of the running root was not found'
  [ "$running" = "$device" ] || fail "$device is not the running root, which is $running"
  [ -e /boot/grub/grub.cfg ] || fail 'there is no /boot/grub/grub.cfg: only a system with GRUB 2, such as Debian or Ubuntu, can be taken over'
  ! awk '$2 == "/boot" {found = 1} END {exit !found}' /proc/mounts ||
    fail '/boot is a separate file system: a root without /boot/grub cannot be taken over'
}

# The name in /proc/mounts may be one without a file, such as /dev/root.
root_device() {
  number=$(awk '$5 == "/" {print $3}' /proc/self/mountinfo | tail -n 1)
  name=$(readlink "/sys/dev/block/$number") || return
  echo "/dev/${name##*/}"
}

get_iso() {
  case $iso in
    http://* | https://*)
      echo "Fetching $iso"
      # After a redirect from https to http, an attacker on the network could answer.
      redirects='=http,https'
      case $iso in https://*) redirects='=https' ;; esac
      if command -v curl >/dev/null; then
        curl --fail --location --proto '=http,https' --proto-redir "$redirects" --max-redirs 10 --max-filesize 8589934592 \
          --retry 5 --connect-timeout 20 --silent --show-error --output image.iso "$iso" || fail "the ISO could not be fetched from $iso"
      elif command -v wget >/dev/null; then
        # wget has no such option, but logs redirects.
        wget -S -O image.iso "$iso" 2>wget.log || fail "the ISO could not be fetched from $iso"
        [ "$redirects" != '=https' ] || ! grep -qi '^ *location: *http:' wget.log ||
          fail "$iso redirects from https to http, which is refused"
      else fail 'curl or wget is needed to fetch the ISO'; fi
      iso=image.iso
      ;;
  esac
  [ -e "$iso" ] || fail "there is no $iso"
  mkdir iso
  mount_at iso -o ro,loop "$iso" 2>/dev/null ||
    mount_at iso -o ro "$iso" || fail "$iso could not be mounted: it is not an ISO, or this kernel lacks iso9660"
  found=''
  for layers in iso/*/system/*/current/layers; do [ ! -e "$layers" ] || found=$layers; done
  [ -n "$found" ] || fail "there is no system on $iso"
}

# mount_at DIRECTORY ARGUMENT…: mounts below the working directory, and records it in $mounted.
mount_at() {
  place=$1
  shift
  mount "$@" "$place" || return
  mounted="$place
$mounted"
}

# Assembles a root from the layers of the ISO, to run its programs in; a tmpfs takes their writes.
lay_out_root() {
  current=${found%/layers} below=''
  name=${current%/current} system=${name%/*}
  name=${name##*/} inside=${system#iso}
  while read -r layer; do
    layer=${layer%.squashfs}
    mkdir -p "layers/$layer"
    mount_at "layers/$layer" -t squashfs -o ro,loop "$current/$layer.squashfs" ||
      fail "the layer $layer of the ISO could not be mounted: this kernel may lack squashfs with zstd"
    below=layers/$layer${below:+:$below}
  done <"$current/layers"
  mkdir memory root
  mount_at memory -t tmpfs install
  mkdir memory/upper memory/work
  mount_at root -t overlay -o "lowerdir=$below,upperdir=memory/upper,workdir=memory/work" install ||
    fail 'the layers of the ISO could not be stacked: this kernel may lack overlayfs'
  for link in bin sbin lib lib64; do
    if [ -e "root/usr/$link" ] && [ ! -e "root/$link" ]; then ln -s "usr/$link" "root/$link"; fi
  done
  mkdir -p root/dev root/proc root/sys root/run root/tmp "root$inside"
  mount_at root/dev --rbind /dev
  mount_at root/proc -t proc proc
  mount_at root/sys --rbind /sys
  mount_at root/run -t tmpfs run
  if [ -d /run/udev ]; then
    mkdir root/run/udev
    mount_at root/run/udev --bind /run/udev
  fi
  mount_at "root$inside" --bind "$system"
  rm -f root/etc/resolv.conf
  cp -L /etc/resolv.conf root/etc/resolv.conf 2>/dev/null || :
}

run_installer() {
  # --iso-url=: the ISO installs its own system, whatever the kernel command line of this machine says.
  set -- install --silent --stay --iso-url= "--device=$device"
  case $config in
    '') ;;
    http://* | https://*) set -- "$@" "--config-url=$config" ;;
    *)
      [ -r "$config" ] || fail "there is no $config"
      mkdir -p root/run/given
      cp "$config" root/run/given/config.yaml
      chmod 0600 root/run/given/config.yaml
      set -- "$@" --config-url=/run/given/config.yaml
      ;;
  esac
  [ -z "$tty" ] || set -- "$@" "--tty=$tty"
  [ -z "$table" ] || set -- "$@" "--partition-table=$table"
  [ -z "$no_format" ] || set -- "$@" --no-format
  [ -z "$force_efi" ] || set -- "$@" --force-efi
  [ -z "$debug" ] || set -- "$@" --debug
  [ -z "$takeover" ] || set -- "$@" "--takeover=$takeover"
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-linux}" \
    chroot root "/usr/bin/$name" "$@"
}

# Unmounts everything, then removes only empty directories and files by name: rm -r could delete what is still mounted.
clean_up() {
  trap - EXIT
  cd "$work" || return
  while [ -n "$mounted" ]; do
    place=${mounted%%
*}
    mounted=${mounted#*
}
    # The recursive bind mounts contain other file systems of the machine.
    umount "$place" 2>/dev/null || umount -l "$place" || :
  done
  rm -f image.iso wget.log
  for place in layers/* layers iso memory root; do [ ! -d "$place" ] || rmdir "$place" || :; done
  cd /
  rmdir "$work" || echo "install.sh: $work is still in use: remove it later" >&2
}

main "$@"
