import * as z from 'zod/mini'
import {filledIn, isIpAddress, isIpv4, oneLine, type TextRule, textThat} from '../text.ts'

/** An optional text with a description. */
export const text = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(textThat(filledIn, oneLine, ...rules).check(z.meta({description})))

/** An optional list of texts. */
export const list = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(z.array(textThat(filledIn, oneLine, ...rules)).check(z.meta({description})))

export const flag = (description: string) => z.optional(z.boolean().check(z.meta({description})))

/** Texts by key, such as a value for each member of a bridge. */
export const texts = (description: string) =>
  z.optional(z.record(textThat(oneLine), textThat(oneLine)).check(z.meta({description})))

/** A number as YAML and recipes write it; the node keeps the text. */
const textOrNumber = (...rules: readonly TextRule[]) =>
  z.pipe(
    z.union([z.string(), z.number()]),
    z.pipe(
      z.transform((value: string | number) => String(value)),
      textThat(filledIn, ...rules),
    ),
  )

/** A whole number within limits, both included. */
export const wholeNumber = (description: string, least: number, most: number) =>
  z.optional(
    textOrNumber([
      (value) => /^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most,
      `must be a whole number from ${least} to ${most}`,
      'Write digits only.',
    ]).check(z.meta({description})),
  )

/** A duration: a number in the unit of the field, or with `ms` or `s`. */
export const duration = (description: string) =>
  z.optional(
    textOrNumber([
      (value) => /^\d{1,9}(?:ms|s)?$/.test(value),
      'must be a duration, such as 100 or 100ms',
      'Write a whole number, with or without "ms" or "s".',
    ]).check(z.meta({description})),
  )

/** One of some words. */
export const oneOf = (description: string, ...words: readonly string[]) =>
  z.optional(
    textOrNumber([
      (value) => words.includes(value),
      `must be one of ${words.join(', ')}`,
      'Write one of these words.',
    ]).check(z.meta({description})),
  )

/** The name of an interface, as the kernel accepts it (dev_valid_name in net/core/dev.c). */
export const interfaceName: TextRule = [
  (name) => /^[^\s/:]{1,15}$/.test(name) && name !== '.' && name !== '..',
  'must be the name of an interface: at most 15 characters without blanks, "/" and ":"',
  'Choose a shorter name.',
]

/** An address of a card. */
export const hardwareAddress: TextRule = [
  (address) => /^(?:[0-9a-f]{2}:){5}(?:[0-9a-f]{2})$|^(?:[0-9a-f]{2}:){19}[0-9a-f]{2}$/i.test(address),
  'must be a MAC address, such as 52:54:00:12:34:56',
  'Write six pairs of hexadecimal digits, with ":" between them, and put it in quotes.',
]

/** An address with the length of its network: 192.0.2.10/24. */
export const addressWithLength: TextRule = [
  (value) => isAddressWithLength(value),
  'must be an address with the length of its network, such as 192.0.2.10/24 or 2001:db8::10/64',
  'Add "/" and the number of bits of the network.',
]

/** Where a route leads: `default`, an address or a network. */
export const routeTarget: TextRule = [
  (value) => value === 'default' || isIpAddress(value) || isAddressWithLength(value),
  'must be "default", an address or a network, such as 10.0.0.0/8',
  'Write the network with the number of its bits.',
]

export const address: TextRule = [
  isIpAddress,
  'must be an IP address, such as 192.0.2.1 or 2001:db8::1',
  'Write the address without the length of its network.',
]

function isAddressWithLength(value: string): boolean {
  const [, found = '', length = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(value) ?? []
  return isIpAddress(found) && Number(length) <= (isIpv4(found) ? 32 : 128)
}
