import * as z from 'zod/mini'
import {filledIn, notEmpty, oneLine, type TextRule, textThat} from './node-config/text.ts'
import {isUnsetText, isUnsetUuid} from './unset-fact.ts'

/** Keys of a match, the most exact first. */
export const matchKeys = ['uuid', 'serial', 'mac', 'asset_tag', 'hostname'] as const
export type MatchKey = (typeof matchKeys)[number]

/** Such a match would be accepted and fit nothing. */
const oneMachine = (isUnset: (value: string) => boolean): TextRule => [
  (value) => !isUnset(value),
  'is what vendors leave in a field that nobody filled in, so it fits no machine',
  'Recognise the machine by another key, such as mac.',
]

const forms: Readonly<Record<MatchKey, readonly TextRule[]>> = {
  uuid: [
    [
      (uuid) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid),
      'must be a UUID',
      'Write what /sys/class/dmi/id/product_uuid contains, such as 4c4c4544-0042-3510-8053-b4c04f564433.',
    ],
    oneMachine(isUnsetUuid),
  ],
  serial: [oneMachine(isUnsetText)],
  mac: [
    [
      (mac) => /^(?:[0-9a-f]{2}(?:[:-]?[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})$/i.test(mac),
      'must be a MAC address',
      'Write it as 52:54:00:12:34:56.',
    ],
  ],
  asset_tag: [oneMachine(isUnsetText)],
  hostname: [
    [
      (name) => /^[\w.*?-]+$/.test(name),
      'must be a host name or a pattern of one',
      'Use letters, digits, "-" and ".", and "*" and "?" in a pattern.',
    ],
  ],
}

const textOf = (key: MatchKey) => textThat(notEmpty, oneLine, filledIn, ...forms[key])

const values = (key: MatchKey, description: string) =>
  z.optional(z.union([textOf(key), z.array(textOf(key)).check(z.minLength(1))]).check(z.meta({description})))

/** Which machines a node's config is for: those that fit every key. Of several values of a key, one must fit. */
export const NodeMatch = z.lazy(() =>
  z
    .strictObject({
      uuid: values('uuid', 'UUID of the machine in its firmware (SMBIOS).'),
      serial: values('serial', 'Serial number of the machine in its firmware (SMBIOS).'),
      mac: values('mac', 'Address of one of its network cards.'),
      asset_tag: values('asset_tag', 'Asset tag of its chassis in the firmware (SMBIOS).'),
      hostname: values('hostname', 'Host name that it has without nodes, or a pattern of it with `*` and `?`.'),
    })
    .check(
      z.refine((match) => Object.keys(match).length > 0, {
        error: 'is empty',
        params: {
          hint: 'Name a machine by serial, uuid, mac, asset_tag or hostname; what all share is the usual config.',
        },
      }),
    ),
)
export type NodeMatch = z.output<typeof NodeMatch>

/** A match as it is compared: lists of texts in lower case. */
export type CanonicalMatch = Readonly<Partial<Record<MatchKey, readonly string[]>>>

export const canonicalMatch = (match: NodeMatch): CanonicalMatch =>
  Object.fromEntries(
    matchKeys.flatMap((key) => {
      const written = match[key]
      if (written === undefined) return []
      return [[key, [written].flat().map((value) => canonicalValue(key, value))]]
    }),
  )

/** A value of a match, or of a machine, as it is compared. */
export const canonicalValue = (key: MatchKey, value: string): string =>
  key === 'mac'
    ? (value
        .toLowerCase()
        .replace(/[^0-9a-f]/g, '')
        .match(/../g)
        ?.join(':') ?? '')
    : value.trim().toLowerCase().replace(/\s+/g, ' ')
