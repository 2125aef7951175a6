#!/bin/sh
# A script that a person could write in an afternoon: an ISO with the same packages, kernel and compression, made with
# mmdebstrap, squashfs-tools-ng and grub-mkrescue. It expects downloaded packages.
#
#   baseline-iso.sh WORK
#
# WORK contains base/*.deb, kernel/*.deb, busybox and include (names of packages, separated by commas).
set -eu
work=$1
cd "$work"
export SOURCE_DATE_EPOCH=1767225600
rm -rf iso modules initrd root.tar out.iso
mkdir -p iso/live modules initrd/bin

(cd base && dpkg-scanpackages --multiversion . >Packages 2>/dev/null)
mmdebstrap --quiet --mode="$(if [ "$(id -u)" = 0 ]; then echo root; else echo unshare; fi)" --variant=custom \
  --include="$(cat include)" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  trixie root.tar "deb [trusted=yes] copy:$work/base ./"
tar2sqfs --quiet --force --compressor zstd --comp-extra level=15 iso/live/root.squashfs <root.tar

dpkg-deb -x kernel/*.deb modules
cp modules/boot/vmlinuz-* iso/live/vmlinuz
tar -C modules -c ./usr/lib/modules | tar2sqfs --quiet --force --compressor zstd --comp-extra level=3 iso/live/modules.squashfs

cp busybox initrd/bin/busybox
version=$(ls modules/usr/lib/modules)
for module in isofs squashfs loop overlay sr_mod cdrom usb-storage uas xhci-pci ehci-pci ahci sd_mod nvme virtio_blk virtio_pci \
  virtio_scsi hv_storvsc xen-blkfront; do
  find "modules/usr/lib/modules/$version" -name "$module.ko.xz" -exec cp --parents {} initrd/ \;
done
(cd initrd && find . -print0 | sort -z | cpio --quiet -0 -o -H newc) | zstd -q -19 -o iso/live/initrd

mkdir -p iso/boot/grub
cat >iso/boot/grub/grub.cfg <<'EOF'
menuentry live { linux /live/vmlinuz console=ttyS0
  initrd /live/initrd }
EOF
grub-mkrescue --quiet -o out.iso iso 2>/dev/null
