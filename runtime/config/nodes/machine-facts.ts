import {canonicalValue, isUnsetText, isUnsetUuid, type MatchKey} from '#dsl'
import type {ConfigFiles} from '../config-files.ts'
import {decodeText} from '../decode-text.ts'

/** How a machine can be recognised: the values of each key, as they are compared. */
export type MachineFacts = Readonly<Record<MatchKey, readonly string[]>>

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
    const value = paths.map(textOf).find((text) => text !== '' && !(key === 'uuid' ? isUnsetUuid : isUnsetText)(text))
    return value === undefined ? [] : [canonicalValue(key, value)]
  }
  const dmi = '/sys/class/dmi/id'
  return {
    uuid: firmware('uuid', `${dmi}/product_uuid`),
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
