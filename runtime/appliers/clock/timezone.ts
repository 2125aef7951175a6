import {defineApplier, outcomeOf} from '../../apply/applier.ts'
import type {Host} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'

const database = '/usr/share/zoneinfo'

/**
 * Sets the time zone. /etc/localtime is a copy and not a link: pods mount it by itself, without the database.
 *
 * Programs that need the name of the zone read it from /etc/timezone.
 */
export const timezone = defineApplier({
  name: 'timezone',
  keys: ['timezone'],
  select: (config) => config.timezone || undefined,
  apply(name, {host, report}) {
    const zone = zoneOf(host, name)
    if (zone === undefined) {
      report({
        path: 'timezone',
        ...(host.list(database) === undefined
          ? {
              message: 'was not set: this image has no time zones',
              hint: 'Add the package tzdata to its recipe, or leave the key out.',
            }
          : {message: 'is not a time zone that this image has', hint: `Write the name of a file below ${database}.`}),
      })
      return 'unchanged'
    }
    return outcomeOf(
      writeIfChanged(host, '/etc/localtime', zone, {mode: 0o644, owner: {uid: 0, gid: 0}, replaceLink: true}),
      writeIfChanged(host, '/etc/timezone', `${name}\n`),
    )
  },
})

/** The compiled zone (tzfile(5)); undefined if there is none with this name. */
function zoneOf(host: Host, name: string): Uint8Array | undefined {
  const path = `${database}/${name}`
  if (name.split('/').includes('..') || host.list(path) !== undefined) return undefined
  const bytes = host.readBytes(path)
  return bytes !== undefined && magic.every((byte, index) => bytes[index] === byte) ? bytes : undefined
}

/** `TZif`. The database also holds tables, such as tzdata.zi. */
const magic = [0x54, 0x5a, 0x69, 0x66]
