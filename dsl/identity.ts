import * as z from 'zod/mini'
import {topLevelKeys} from './node-config/top-level-keys.ts'

/**
 * The product's name in file names, labels and kernel parameters.
 *
 * At most ten characters, since `NAME_STATE` is an ext4 label of at most sixteen bytes (ext4(5)).
 */
export const IdentityName = z.string().check(
  z.regex(/^[a-z][a-z0-9]{0,9}$/, 'must start with a-z and hold at most ten of a-z and 0-9, such as "haos"'),
  z.refine((name) => !topLevelKeys.some((key) => key === name), 'must not be a key of config.yaml'),
)

const absolute = z.string().check(z.regex(/^(?:\/[^/\0\n]+)+$/, 'must be absolute and without a trailing slash'))

/** A label key of Kubernetes: an optional DNS prefix and a name (Kubernetes, "Labels and Selectors"). */
const labelKey = z
  .string()
  .check(
    z.regex(
      /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
      'must be a label key, such as "haos.io/mode"',
    ),
  )

/** Every name that derives from the product's. */
const IdentityValues = z.strictObject({
  /** The word from which all other names derive. */
  name: IdentityName,
  /** The product's display name, for banners and boot menus. */
  title: z.string().check(z.minLength(1)),
  /** Which Kubernetes the node runs. Decides the service, its paths, and the key `k3s_args` or `rke2_args`. */
  kubernetes: z.enum(['k3s', 'rke2']),
  /** Key of the product's own section in config.yaml, and of its kernel parameters before the dot. */
  section: IdentityName,
  /** Prefix of kernel parameters, including the dot. */
  cmdlinePrefix: z.string().check(z.regex(/^[a-z][a-z0-9]*\.$/, 'must be a word and a dot, such as "haos."')),
  /** Label of the installed system's file system; 16 bytes at most (ext4(5)). */
  stateLabel: z.string().check(z.regex(/^[A-Z0-9_]{1,16}$/, 'must be at most 16 of A-Z, 0-9 and _')),
  /** Label of installation media; 11 bytes at most, so that it fits a FAT volume too. */
  volumeLabel: z.string().check(z.regex(/^[A-Z0-9_]{1,11}$/, 'must be at most 11 of A-Z, 0-9 and _')),
  /** Holds the installed versions and the system's config.yaml. */
  systemDir: absolute,
  /** Holds persistent data: /var, /home, /opt, /usr/local. */
  dataDir: absolute,
  /** Holds the local config.yaml and config.d. */
  localDir: absolute,
  /** Holds data that lasts until the machine is powered off. */
  runDir: absolute,
  /** Asks the upgrade controller to upgrade this node. */
  upgradeLabel: labelKey,
  /** Label for the node's boot mode. */
  modeLabel: labelKey,
  /** Label for the node's version. */
  versionLabel: labelKey,
})
export type Identity = z.output<typeof IdentityValues>

/** A name from which all others derive, or a name and overrides. `Section` is the product's own key in config.yaml. */
export type IdentityInput<Section extends string = string> =
  | Section
  | ({readonly name: Section; readonly section?: undefined} & Partial<Omit<Identity, 'name' | 'section'>>)
  | ({readonly name: string; readonly section: Section} & Partial<Omit<Identity, 'name' | 'section'>>)

/**
 * All names that derive from the product's, in one value, so that a product can be renamed in one place.
 *
 * Given as a name, or as a name and single overrides. Default: `haos`.
 */
export const Identity = z.prefault(
  z.pipe(
    z.transform((input: IdentityInput): unknown => {
      if (typeof input === 'string') return derivedValues(input, {})
      return typeof input?.name === 'string' ? derivedValues(input.name, input) : input
    }),
    IdentityValues,
  ),
  'haos',
)

/**
 * The identity that derives from a name; single values may be overridden.
 *
 * Throws zod's error if the name or an override is invalid.
 */
export const deriveIdentity = (name: string, overrides: Partial<Omit<Identity, 'name'>> = {}): Identity =>
  Identity.parse({...overrides, name})

function derivedValues(name: string, {section = name, ...overrides}: DerivedFrom): unknown {
  const upper = name.toUpperCase()
  return {
    title: titles[name] ?? upper,
    kubernetes: name.startsWith('rke2') ? 'rke2' : 'k3s',
    section,
    cmdlinePrefix: `${section}.`,
    stateLabel: `${upper}_STATE`,
    volumeLabel: upper,
    systemDir: `/${name}/system`,
    dataDir: `/${name}/data`,
    localDir: `/var/lib/rancher/${name}`,
    runDir: `/run/${name}`,
    upgradeLabel: `${name}.io/upgrade`,
    modeLabel: `${name}.io/mode`,
    versionLabel: `${name}.io/version`,
    ...overrides,
    name,
  }
}

type DerivedFrom = Partial<Omit<Identity, 'section'>> & {readonly section?: string | undefined}

/** Display names that are not the capitalized name. */
const titles: Readonly<Record<string, string>> = {haos: 'HAOS', rke2os: 'rke2OS', k3os: 'k3OS'}
