import {splitCmdline} from '../../config/cmdline/split-cmdline.ts'
import type {Host} from '../../host/host.ts'

/** What a kernel command line or the firmware says about NoCloud: `ds=nocloud;s=URL;h=NAME;i=ID`. */
export interface Seed {
  /** Where the files are: a URL or path to which their names are added. */
  readonly from?: string | undefined
  readonly hostname?: string | undefined
  readonly instance?: string | undefined
}

/**
 * Reads the seed from the serial number of SMBIOS, or else from the kernel command line (cloud-init, "NoCloud"). Undefined if neither
 * has one.
 */
export function readSeed(host: Host): Seed | undefined {
  const texts = [host.read('/sys/class/dmi/id/product_serial') ?? '', host.read('/proc/cmdline') ?? '']
  for (const text of texts) {
    for (const word of splitCmdline(text).map((item) => item.replaceAll('"', ''))) {
      const [, rest] = /^ds=nocloud(?:-net)?(?:;(.*))?$/.exec(word) ?? []
      if (rest === undefined && !/^ds=nocloud(?:-net)?$/.test(word)) continue
      const pairs = new Map(
        (rest ?? '').split(';').map((pair) => {
          const equals = pair.indexOf('=')
          return [pair.slice(0, equals), pair.slice(equals + 1)]
        }),
      )
      const value = (short: string, long: string) => (pairs.get(short) ?? pairs.get(long)) || undefined
      const from = value('s', 'seedfrom')
      return {
        from: from && withFirmware(host, from),
        hostname: value('h', 'local-hostname'),
        instance: value('i', 'instance-id'),
      }
    }
  }
  return undefined
}

/** Where sysfs has what cloud-init names otherwise (cloudinit/dmi.py). */
const sysfsWords: readonly (readonly [RegExp, string])[] = [
  [/^system-uuid$/, 'product_uuid'],
  [/^system-manufacturer$/, 'sys_vendor'],
  [/^system-/, 'product_'],
  [/^baseboard-/, 'board_'],
  [/product-name$/, 'name'],
  [/serial-number$/, 'serial'],
  [/manufacturer$/, 'vendor'],
  [/release-date$/, 'date'],
  [/-/g, '_'],
]

/** Replaces `__dmi.chassis-serial-number__` and the like by what the firmware says. An unknown name stays. */
const withFirmware = (host: Host, url: string): string =>
  url.replace(/__dmi\.([a-z-]+)__/g, (whole, name: string) => {
    const file = sysfsWords.reduce((text, [from, to]) => text.replace(from, to), name)
    const value = host.read(`/sys/class/dmi/id/${file}`)?.trim()
    return value === undefined ? whole : encodeURIComponent(value)
  })
