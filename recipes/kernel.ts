import type {ImageInput} from '#dsl'

interface NodeKernelOptions {
  /** Distribution of the kernel and the boot loader, such as `debian()`. Default: that of the system. */
  readonly from?: NonNullable<ImageInput['kernel']>['from']
  /** `generic` runs anywhere; `cloud` is smaller and runs in virtual machines only. Default: `generic`. */
  readonly flavour?: 'generic' | 'cloud'
  /** Groups of drivers to keep although most nodes do not need them. Default: none. */
  readonly keep?: readonly Dispensable[]
  /**
   * Firmware packages such as those of {@link serverFirmware}; then the base needs the component `non-free-firmware`.
   * Default: none.
   */
  readonly firmware?: readonly string[]
}

/** A kernel for servers: all drivers for disks and networks, none that only desktops need. */
export const nodeKernel = ({
  from,
  flavour = 'generic',
  keep = [],
  firmware = [],
}: NodeKernelOptions = {}): NonNullable<ImageInput['kernel']> => ({
  ...(from && {from}),
  flavour,
  initrd: [...mediumModules],
  omit: dispensable.flatMap(({name, paths}) => (keep.includes(name) ? [] : [...paths])),
  firmware: [...firmware],
})

/** Debian's packages with firmware of network and storage adapters in servers, 13 MB together (trixie). */
export const serverFirmware = [
  'firmware-bnx2',
  'firmware-bnx2x',
  'firmware-intel-misc',
  'firmware-misc-nonfree',
  'firmware-qlogic',
  'firmware-realtek',
] as const

type Dispensable = (typeof dispensable)[number]['name']

/**
 * Modules that a node does not need, below `kernel/`: a third of the 92 MB of Debian's generic kernel 6.12.
 *
 * Each group includes the modules that depend on it (by depmod's list of that kernel for amd64).
 */
const dispensable = [
  {
    name: 'sound',
    paths: [
      'sound',
      'drivers/soundwire',
      'drivers/base/regmap/regmap-sdw*',
      'drivers/mfd/cs42l43-sdw.ko*',
      'drivers/hid/hid-prodikeys.ko*',
      'drivers/platform/x86/thinkpad_acpi.ko*',
      'drivers/usb/gadget/function',
      'drivers/usb/gadget/legacy',
    ],
  },
  {
    // Not `media/rc` and `media/cec`: graphics drivers need them.
    name: 'media',
    paths: [
      'drivers/media/common',
      'drivers/media/dvb-core',
      'drivers/media/dvb-frontends',
      'drivers/media/firewire',
      'drivers/media/i2c',
      'drivers/media/mc',
      'drivers/media/mmc',
      'drivers/media/pci',
      'drivers/media/platform',
      'drivers/media/radio',
      'drivers/media/rc/keymaps',
      'drivers/media/spi',
      'drivers/media/test-drivers',
      'drivers/media/tuners',
      'drivers/media/usb',
      'drivers/media/v4l2-core',
    ],
  },
  {
    // Large drivers that need firmware. Those of simple adapters in servers and virtual machines stay.
    name: 'graphics',
    paths: [
      'drivers/accel',
      'drivers/gpu/drm/amd',
      'drivers/gpu/drm/gma500',
      'drivers/gpu/drm/i915',
      'drivers/gpu/drm/nouveau',
      'drivers/gpu/drm/radeon',
      'drivers/gpu/drm/xe',
    ],
  },
  {name: 'staging', paths: ['drivers/staging']},
  {
    name: 'sensors',
    paths: [
      'drivers/comedi',
      'drivers/iio',
      'drivers/hid/hid-mcp2221.ko*',
      'drivers/hwmon/iio_hwmon.ko*',
      'drivers/hwmon/ntc_thermistor.ko*',
      'drivers/platform/x86/toshiba_acpi.ko*',
      'drivers/power/supply/axp288_fuel_gauge.ko*',
    ],
  },
  {
    name: 'telephony',
    paths: ['drivers/atm', 'drivers/isdn', 'drivers/usb/atm', 'net/atm'],
  },
  {
    name: 'bluetooth',
    paths: ['drivers/bluetooth', 'drivers/nfc', 'drivers/net/wireless/rsi', 'net/bluetooth', 'net/nfc'],
  },
  {
    name: 'input',
    paths: ['drivers/input/gameport', 'drivers/input/joystick', 'drivers/input/tablet', 'drivers/input/touchscreen'],
  },
] as const

/**
 * Modules with which stage 0 finds a medium or a disk, and a keyboard for its shell. Their dependencies are added.
 *
 * One list for all flavours and architectures: modules that a kernel does not have, or has built in, are skipped.
 */
export const mediumModules = [
  ...['loop', 'squashfs', 'overlay', 'isofs', 'ext4', 'vfat', 'exfat'],
  // ext4 requests its checksum by a crypto alias, which depmod does not count as a dependency, and vfat these tables.
  ...['crc32c_generic', 'crc32c_intel', 'crc32c_arm64', 'nls_cp437', 'nls_ascii', 'nls_iso8859_1', 'nls_utf8'],
  // Reboots a version on trial that hangs.
  'softdog',
  ...['sr_mod', 'sd_mod'],
  ...[
    'ahci',
    'ahci_platform',
    'ata_piix',
    'ata_generic',
    'pata_acpi',
    'sata_mv',
    'sata_nv',
    'sata_promise',
    'sata_sil',
  ],
  ...['sata_sil24', 'sata_sis', 'sata_svw', 'sata_uli', 'sata_via', 'pata_amd', 'pata_atiixp', 'pata_jmicron'],
  ...['pata_marvell', 'pata_oldpiix', 'pata_sch', 'pata_sis', 'pata_via'],
  ...['nvme', 'vmd'],
  ...['xhci_pci', 'xhci_plat_hcd', 'ehci_pci', 'ohci_pci', 'uhci_hcd', 'usb_storage', 'uas', 'usbhid', 'hid_generic'],
  ...['mmc_block', 'sdhci_pci', 'sdhci_acpi', 'sdhci_iproc', 'bcm2835', 'rtsx_pci_sdmmc', 'pcie_brcmstb'],
  ...['virtio_blk', 'virtio_scsi', 'virtio_pci', 'virtio_mmio'],
  ...['vmw_pvscsi', 'mptspi', 'mptsas', 'BusLogic', 'sym53c8xx'],
  ...['hv_vmbus', 'hv_storvsc', 'hid_hyperv', 'hyperv_keyboard', 'pci_hyperv', 'xen_blkfront'],
  ...['megaraid_sas', 'mpt3sas', 'mpi3mr', 'aacraid', 'hpsa', 'smartpqi', '3w_9xxx', 'arcmsr'],
] as const
