import * as z from 'zod'
import type {Arch, ImageRecipe, ImageSpec, RecipeInputs} from '#dsl'
import {digestOf} from '#engine'
import {kubernetesRequest} from '../kubernetes/pinned-release.ts'
import type {WellKnownPackages} from '../source.ts'
import {imageRequests, type LockPurpose, requestDigest} from './image-requests.ts'

/** How the inputs of a recipe change its image. */
export interface Variant {
  /**
   * Part of its file names, such as `kernel-cloud`; empty if the inputs change nothing, or already change the image's
   * name or version.
   */
  readonly label: string
  /** For each purpose, the inputs that change what is pinned, such as `kernel=cloud`; empty if none does. */
  readonly pins: Readonly<Record<LockPurpose, string>>
}

/** The image without any input. */
export const plainVariant: Variant = {label: '', pins: {base: '', kernel: '', boot: '', kubernetes: ''}}

type Values = Readonly<Record<string, string>>

/**
 * Finds which inputs matter, and to what. Variants that request the same packages share their pins.
 *
 * An input may be a secret: a value appears only if it is one of a list, a number or a boolean, or if it changes the
 * packages, which are public anyway. Eight digits of the digest replace other values.
 */
export function variantOf(recipe: ImageRecipe, set: Values, arch: Arch): Variant {
  const names = Object.keys(set).sort()
  const specs = new Map<string, ImageSpec | undefined>()
  const specOf = (values: Values) => {
    const key = JSON.stringify(names.map((name) => values[name] ?? null))
    if (!specs.has(key)) specs.set(key, resolveQuietly(recipe, values, arch))
    return specs.get(key)
  }
  const whole = specOf(set)
  if (names.length === 0 || whole === undefined) return plainVariant
  const without = (values: Values, name: string) => withFallback(recipe.inputs, values, name)
  /** The inputs without which an aspect of the image would differ. */
  const deciding = (aspect: (spec: ImageSpec) => unknown): string[] => {
    const digest = (values: Values) => mapDefined(specOf(values), (spec) => digestOf(aspect(spec) ?? null))
    let kept = set
    return names.filter((name) => {
      const fewer = without(kept, name)
      if (digest(fewer) !== digest(set)) return true
      kept = fewer
      return false
    })
  }
  const toldBy = (name: string, identify: (spec: ImageSpec) => string) => {
    const other = specOf(without(set, name))
    return other !== undefined && identify(other) !== identify(whole)
  }
  const pinned = (purpose: LockPurpose) =>
    deciding((spec) => requestOf(spec, arch, purpose)).filter((name) => !toldBy(name, (spec) => spec.name))
  const byPurpose = {
    base: pinned('base'),
    kernel: pinned('kernel'),
    boot: pinned('boot'),
    kubernetes: pinned('kubernetes'),
  }
  const open = new Set(Object.values(byPurpose).flat())
  const word = (name: string) => wordFor(recipe.inputs[name], set[name] ?? '', open.has(name))
  const pins = (purpose: LockPurpose) => byPurpose[purpose].map((name) => `${name}=${word(name)}`).join(',')
  const named = deciding((spec) => spec).filter((name) => !toldBy(name, (spec) => `${spec.name} ${spec.version}`))
  return {
    label: shortened(named.map((name) => `${name}-${word(name)}`).join('-')),
    pins: {base: pins('base'), kernel: pins('kernel'), boot: pins('boot'), kubernetes: pins('kubernetes')},
  }
}

/** The image, or undefined if it is invalid without some input; that input then matters. */
function resolveQuietly(recipe: ImageRecipe, set: Values, arch: Arch): ImageSpec | undefined {
  try {
    return recipe.resolve({set, arch})
  } catch {
    return undefined
  }
}

const mapDefined = <Value, Result>(value: Value | undefined, change: (value: Value) => Result): Result | undefined =>
  value === undefined ? undefined : change(value)

/** An image's request for one purpose. Packages that a distribution adds do not distinguish variants. */
function requestOf(spec: ImageSpec, arch: Arch, purpose: LockPurpose): string | undefined {
  if (purpose === 'kubernetes') return kubernetesRequest(spec, arch)
  return requestDigest(imageRequests(spec, anyDistribution)[purpose], arch)
}

const anyDistribution: WellKnownPackages = {
  kernel: {generic: 'generic', cloud: 'cloud'},
  bootLoader: [],
  busybox: {name: 'busybox', path: ''},
}

/** The values without an input or, if it is required, with the first value that it accepts from a fixed list. */
function withFallback(inputs: RecipeInputs, values: Values, name: string): Values {
  const {[name]: _, ...rest} = values
  const schema = inputs[name]
  if (schema === undefined || schema.safeParse(undefined).success) return rest
  const words = schema instanceof z.ZodEnum ? schema.options.map(String) : []
  const first = [...words, '0', 'false', 'x'].find((word) => schema.safeParse(word).success)
  return first === undefined ? values : {...rest, [name]: first}
}

/** A value's part of a name. */
function wordFor(schema: z.ZodType | undefined, value: string, isOpen: boolean): string {
  const plain = schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault ? schema.unwrap() : schema
  const parsed = plain instanceof z.ZodType ? plain.safeParse(value).data : undefined
  const isOfFew = plain instanceof z.ZodEnum || typeof parsed === 'number' || typeof parsed === 'boolean'
  const text = typeof parsed === 'number' || typeof parsed === 'boolean' ? String(parsed) : value
  return (isOfFew || isOpen) && /^[\w.+~-]{1,40}$/.test(text) ? text : digestOf(value).slice(0, 8)
}

/** File names are at most 255 bytes (NAME_MAX), and contain more than the inputs. */
const shortened = (label: string): string => (label.length <= 80 ? label : digestOf(label).slice(0, 8))
