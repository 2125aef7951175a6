/** What vendors leave in fields that nobody filled in. */
const unset =
  /^(?:|0+|[-. ]+|none|n\/a|null|unknown|empty|invalid|oem|tbd|default string|not (?:specified|available|applicable)|(?:chassis |system )?(?:serial number|asset tag)|(?:no )?asset (?:tag|information)|(?:asset-|atn)1234567890\d*|to be filled by o\.e\.m\.?|x{3,}|(?:0?123456789|1234567890))$/i

/** The same for UUIDs: values of SMBIOS 3.7, 7.2.1, and a common placeholder with either order of its bytes. */
const unsetUuid = /^(?:00000000-0000-|ffffffff-f|(?:03000200-0400-0500|00020003-0004-0005)-0006-000700080009$)/i

/** Whether a serial number or an asset tag is the same on many machines, so that it recognises none of them. */
export const isUnsetText = (value: string): boolean => unset.test(value.trim())

/** The same of a UUID. */
export const isUnsetUuid = (value: string): boolean => unsetUuid.test(value.trim())
