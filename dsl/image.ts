import * as z from 'zod'
import {type ClusterInput, ClusterOfImage} from './cluster.ts'
import {HaosError, type Problem} from './error.ts'
import {foreignArguments} from './foreign-arguments.ts'
import {Identity, type IdentityInput} from './identity.ts'
import {Base, type BaseInput, BootMenu, type BootMenuInput, Kernel} from './image-parts.ts'
import {kubernetesProblems} from './kubernetes-problems.ts'
import {Kubernetes} from './kubernetes-spec.ts'
import {fieldNames} from './node-config/field-names.ts'
import {explainUnknownKey} from './node-config/unknown-key.ts'
import {type NodeConfigInput, nodeConfigFor} from './node-config.ts'
import {NodeMatch} from './node-match.ts'
import {type ConfigFile, type PartList, parseParts} from './part.ts'
import {partConflicts} from './part-conflicts.ts'
import type {Part} from './part-schemas.ts'
import {plainWords} from './plain-words.ts'
import {type ExplainKey, problemsOf} from './problems.ts'
import {Arch} from './schema.ts'
import {Upgrades, type UpgradesInput} from './upgrades.ts'

/** All names that derive from a product's name; single values may be overridden. */
export const identity = <const Name extends string, const Section extends string = Name>(
  name: Name,
  overrides: Partial<Omit<Identity, 'name' | 'section'>> & {readonly section?: Section} = {},
): IdentityInput<Section | Name> => ({...overrides, name, section: overrides.section ?? name})

/** Schema of everything except the parts. */
export const ImageFields = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must start with a-z and hold at most 32 of a-z, 0-9 and -')
    .meta({description: 'Name of the image: the first part of every file name in out/.'}),
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,63}$/, 'must hold only letters, digits and . + ~ _ -')
    .refine((version) => !['current', 'previous'].includes(version), 'must not be the name of a link on the node')
    .meta({description: 'Version of the image, part of file names and of the paths on the node.'}),
  date: z.iso
    .date({error: 'must be a date such as "2026-01-31"', abort: true})
    // FAT begins with the year 1980, and squashfs ends in February 2106, when 32 bits of seconds are full.
    .refine((date) => date >= '1980-01-01' && date <= '2105-12-31', 'must lie between 1980-01-01 and 2105-12-31')
    .default('2026-01-01')
    .meta({description: 'Timestamp of everything in the outputs (UTC midnight). Raise it with the version.'}),
  arch: z
    .array(Arch)
    .min(1)
    .default(['amd64', 'arm64'])
    .meta({description: 'Architectures it may be built for; the first is the default.'}),
  identity: Identity,
  base: Base,
  kernel: Kernel,
  kubernetes: Kubernetes.optional(),
  cluster: ClusterOfImage.optional(),
  boot: BootMenu,
  releases: z
    .string()
    .regex(/^https?:\/\/[^\s'"\\|&]+$/, 'must be a URL')
    .refine((url) => url.includes('{version}'), 'must contain {version}')
    .optional(),
  upgrades: Upgrades.optional(),
  config: z.record(z.string(), z.unknown()).default({}),
  nodes: z.array(z.strictObject({match: NodeMatch, config: z.record(z.string(), z.unknown()).default({})})).default([]),
})

/** A recipe's description of one image. `Section` is the product's own key in `config`. */
export interface ImageInput<Section extends string = string> {
  /** Name of the image: the first part of every file name in `out/`. */
  readonly name: string
  /** Version of the image, part of file names and of the paths on the node. */
  readonly version: string
  /** Timestamp of everything in the outputs (UTC midnight), such as `2026-01-31`. Raise it with the version. */
  readonly date?: string
  /** Architectures it may be built for; the first is the default. Default: `amd64`, `arm64`. */
  readonly arch?: readonly Arch[]
  /** All names that derive from the product: state label, kernel argument prefix, paths. Default: that of `haos`. */
  readonly identity?: IdentityInput<Section>
  /** The distribution that the system is built from: `debian({…})`. */
  readonly base: BaseInput
  /** The kernel, its modules and firmware: `kernel({…})`. Default: the distribution's generic kernel. */
  readonly kernel?: z.input<typeof Kernel>
  /** Kubernetes: `k3s({…})` or `rke2({…})`. Left out, the image has none. */
  readonly kubernetes?: z.input<typeof Kubernetes>
  /** What the cluster may do with its nodes: `cluster({…})`. Left out, the image has no manifests. */
  readonly cluster?: ClusterInput
  /** Boot menu: entries, timeout, default; or a function that makes it for the product's identity, such as `bootMenu()`. */
  readonly boot?: BootMenuInput | ((identity: Identity) => BootMenuInput)
  /**
   * Address of the ISO or update file of a release, with `{version}` and `{arch}` in it, for scripts that upgrade a node to a
   * version by its name; without one they take that of `cluster.channel`, or `latest`. Left out, they need the address each time.
   */
  readonly releases?: string
  /**
   * Public keys of which one must have signed a release before a node of this image upgrades to it:
   * `{publicKeys: [file('keys/release.pub.pem')]}`. Left out, releases need no signature.
   */
  readonly upgrades?: UpgradesInput
  /** The image's own config.yaml (`system/config.yaml` on the node), or `file('node.yaml')`. The node's own schema checks it. */
  readonly config?: NodeConfigInput<NoInfer<Section>> | ConfigFile
  /** Configs for single machines, each in addition to `config`: which machine it is, and the keys of config.yaml. See docs/nodes.md. */
  readonly nodes?: readonly NodeInput<NoInfer<Section>>[]
  /** Files, packages, services, users and the parts of recipes. */
  readonly parts?: readonly PartList[]
}

/** The config of one of many machines. Its texts may contain `${serial}`, `${mac}`, `${uuid}`, `${index}` and `${hostname}`. */
export interface NodeInput<Section extends string = string> {
  /** What the machine is recognised by; of several keys, all must fit. */
  readonly match: z.input<typeof NodeMatch>
  readonly config?: NodeConfigInput<Section>
}

/** One operating system, checked and complete: the input of `plan`. Plain data. */
export interface ImageSpec extends Omit<z.output<typeof ImageFields>, 'date'> {
  /** Timestamp of everything in the outputs, in seconds since 1970. */
  readonly epoch: number
  /** The file, relative to the recipe, that holds the config in place of `config`, until it is read. */
  readonly configFile?: string
  readonly parts: readonly Part[]
}

/** Values that `--set key=value` may set, by name. */
export type RecipeInputs = Readonly<Record<string, z.ZodType>>

/** The default export of a recipe file. */
export interface ImageRecipe {
  readonly kind: 'haos-image'
  /** Schema of the inputs; each has a default or is required. */
  readonly inputs: RecipeInputs
  /** The image for given inputs and architecture. Fails with RECIPE_INVALID or INPUT_INVALID, naming every problem. */
  resolve(options: {readonly set: Readonly<Record<string, string>>; readonly arch?: Arch | undefined}): ImageSpec
}

/**
 * Describes one operating-system image.
 *
 * Pass the image itself, or typed inputs and a function of them:
 * `defineImage({flavour: input.choice(['generic', 'cloud'], 'generic')}, ({flavour}) => ({…}))`.
 */
export function defineImage<const Section extends string = string>(image: ImageInput<Section>): ImageRecipe
export function defineImage<const Inputs extends RecipeInputs, const Section extends string = string>(
  inputs: Inputs,
  image: (
    values: {readonly [Name in keyof Inputs]: z.output<Inputs[Name]>},
    context: {readonly arch: Arch},
  ) => ImageInput<Section>,
): ImageRecipe
export function defineImage(
  first: ImageInput | RecipeInputs,
  second?: (values: never, context: {readonly arch: Arch}) => ImageInput,
): ImageRecipe {
  const inputs = second === undefined ? {} : (first as RecipeInputs)
  const make =
    second === undefined
      ? () => first as ImageInput
      : (second as (values: unknown, context: {arch: Arch}) => ImageInput)
  return {
    kind: 'haos-image',
    inputs,
    resolve({set, arch}) {
      const values = parseInputs(inputs, set)
      const guess = arch ?? 'amd64'
      const image = make(values, {arch: guess})
      if (image instanceof Promise) {
        throw new HaosError('RECIPE_INVALID', 'the function of the recipe is async', {
          hint: 'Await before `defineImage`, at the top of the file: `const text = await …`.',
        })
      }
      // Only the image names its default architecture, and the image may differ by architecture.
      const first = arch ?? Arch.safeParse(image.arch?.[0]).data ?? guess
      return resolveImage(first === guess ? image : make(values, {arch: first}), arch)
    },
  }
}

/** Typed inputs of a recipe, set on the command line with `--set name=value`. */
export const input = {
  /** Any text. */
  text: (fallback?: string) => withDefault(z.string(), fallback),
  /** One of several words. */
  choice: <const Words extends readonly [string, ...string[]]>(words: Words, fallback?: Words[number]) =>
    withDefault(z.enum(words), fallback),
  /** A whole number. */
  number: (fallback?: number) => withDefault(z.coerce.number('must be a number').int(), fallback),
  /** `true` or `false` (also yes, no, on, off, 1, 0). */
  flag: (fallback?: boolean) => withDefault(z.union([z.boolean(), z.stringbool()]), fallback),
}

const withDefault = <Value>(schema: z.ZodType<Value>, fallback: Value | undefined): z.ZodType<Value> =>
  fallback === undefined ? schema : schema.prefault(fallback)

function parseInputs(inputs: RecipeInputs, set: Readonly<Record<string, string>>): unknown {
  const schema = z.strictObject(inputs)
  const parsed = schema.safeParse(set, {error: plainWords})
  if (parsed.success) return parsed.data
  throw new HaosError('INPUT_INVALID', 'the values given with --set do not match the inputs of the recipe', {
    problems: problemsOf(schema, parsed.error, set),
    hint:
      Object.keys(inputs).length > 0
        ? `The recipe takes: ${Object.keys(inputs).join(', ')}.`
        : 'The recipe takes no inputs; leave --set out.',
  })
}

function resolveImage({parts: partList = [], ...image}: ImageInput, arch: Arch | undefined): ImageSpec {
  const {configFile, ...written} = withoutConfigFile(image)
  const fields = {...written, ...(typeof written.boot === 'function' && {boot: bootMenuOf(written.boot, written)})}
  const parsed = ImageFields.safeParse(fields, {error: plainWords})
  const parts = parseParts(partList, 'parts')
  const problems: Problem[] = [
    ...(parsed.success ? [] : problemsOf(ImageFields, parsed.error, fields)),
    ...configProblems(fields),
    ...parts.problems,
    ...(parsed.success ? [...crossChecks(parsed.data, arch), ...foreignArguments(parsed.data, parts.parts)] : []),
    ...partConflicts(parts.parts, parsed.success ? parsed.data.identity : undefined),
  ]
  if (!parsed.success || problems.length > 0) {
    throw new HaosError(
      'RECIPE_INVALID',
      `the recipe has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
      {
        problems,
        hint: 'Fix them and run the command again; docs/reference/recipe.md lists every key.',
      },
    )
  }
  const {date, ...spec} = parsed.data
  const epoch = Date.parse(`${date}T00:00:00Z`) / 1000
  return {...spec, epoch, ...(configFile && {configFile}), parts: parts.parts.map(({part}) => part)}
}

/** Separates the config from the file that holds it: reading files is not the language's job. */
function withoutConfigFile(image: Omit<ImageInput, 'parts'>): Omit<ImageInput, 'parts' | 'config'> & {
  readonly config?: NodeConfigInput
  readonly configFile?: string
} {
  const {config, ...rest} = image
  if (config === undefined) return rest
  if (!isConfigFile(config)) return {...rest, config}
  return {...rest, configFile: typeof config.path === 'string' ? config.path : config.path.href}
}

const isConfigFile = (config: object): config is ConfigFile =>
  'kind' in config && config.kind === 'config-file' && 'path' in config

/** The boot menu for the product; undefined for an invalid identity, which is reported separately. */
function bootMenuOf(
  make: (identity: Identity) => BootMenuInput,
  {identity: written}: Pick<ImageInput, 'identity'>,
): BootMenuInput | undefined {
  const {data} = Identity.safeParse(written)
  return data && make(data)
}

/** The config is checked with the node's schema, whatever else is wrong: only the identity is needed for it. */
function configProblems(fields: Pick<ImageInput, 'config' | 'identity'>): Problem[] {
  const needed = ImageFields.pick({config: true, identity: true}).safeParse({
    config: fields.config,
    identity: fields.identity,
  })
  if (!needed.success) return []
  const {config, identity} = needed.data
  const schema = nodeConfigFor(identity)
  const parsed = schema.safeParse(config, {error: plainWords})
  const explainKey: ExplainKey = (path, key, known) =>
    explainUnknownKey(
      {path: path.filter((part) => typeof part !== 'symbol'), key, names: fieldNames(known, identity)},
      identity,
    )
  return parsed.success ? [] : problemsOf(schema, parsed.error, config, {prefix: 'config', explainKey})
}

function crossChecks(
  {arch: built, identity, kubernetes}: z.output<typeof ImageFields>,
  arch: Arch | undefined,
): Problem[] {
  const problems: Problem[] = []
  if (arch !== undefined && !built.includes(arch)) {
    problems.push({
      path: 'arch',
      message: `does not include ${arch}, which was requested`,
      hint: `Add it to the recipe, or build one of ${built.join(', ')}.`,
    })
  }
  if (kubernetes) problems.push(...kubernetesProblems(kubernetes, {identity, built}))
  return problems
}
