import {canonicalValue, type MatchKey} from '#dsl'
import type {ConfigFiles} from '../config-files.ts'
import {decodeText} from '../decode-text.ts'

/** How a machine can be recognised: the values of each key, as they are compared. */
export type MachineFacts = Readonly<Record<MatchKey, readonly string[]>>

/** What vendors leave in fields that nobody filled in. */
const isUnset = (value: string): boolean =>
  /^(?:|0+|none|n\/a|null|unknown|default string|not (?:specified|available|applicable)|(?:chassis |system )?(?:serial number|asset tag)|(?:no )?asset (?:tag|information)|to be filled by o\.e\.m\.?|x+|(?:1234567890?|0123456789))$/i.test(
    value.trim(),
  )

/** The same for UUIDs: values of SMBIOS 3.7, 7.2.1, and a common placeholder. */
const isUnsetUuid = (uuid: string): boolean =>
  /^(?:00000000-0000-|ffffffff-f|03000200-0400-0500-0006-000700080009$)/i.test(uuid)

/** Reads how the machine can be recognised. `hostname` is the name that its config has without nodes. */
export function readMachineFacts(files: ConfigFiles, hostname: string | undefined): MachineFacts {
  const textOf = (path: string): string => {
    try {
      const data = files.read(path)
      return data === undefined ? '' : decodeText(data).text.replace(/[\0\s]+$/, '')
    } catch {
      // Drivers refuse to say what a card does not have.
      return ''
    }
  }
  const firmware = (key: MatchKey, ...paths: readonly string[]): readonly string[] => {
    const value = paths.map(textOf).find((text) => !isUnset(text))
    return value === undefined ? [] : [canonicalValue(key, value)]
  }
  const dmi = '/sys/class/dmi/id'
  return {
    uuid: firmware('uuid', `${dmi}/product_uuid`).filter((uuid) => !isUnsetUuid(uuid)),
    serial: firmware('serial', `${dmi}/product_serial`, '/sys/firmware/devicetree/base/serial-number'),
    mac: cardAddresses(files, textOf),
    asset_tag: firmware('asset_tag', `${dmi}/chassis_asset_tag`),
    hostname: hostname === undefined ? [] : [canonicalValue('hostname', hostname)],
  }
}

/** Addresses of the network cards; those of a bond have the bond's address, and keep their own in another file. */
function cardAddresses(files: ConfigFiles, textOf: (path: string) => string): readonly string[] {
  const cards = '/sys/class/net'
  return (files.list(cards) ?? [])
    .filter((name) => files.list(`${cards}/${name}/device`) !== undefined)
    .sort()
    .map((name) => textOf(`${cards}/${name}/bonding_slave/perm_hwaddr`) || textOf(`${cards}/${name}/address`))
    .filter((address) => address !== '')
    .map((address) => canonicalValue('mac', address))
}
