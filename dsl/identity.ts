import * as z from 'zod/mini'
import {topLevelKeys} from './node-config/top-level-keys.ts'

/**
 * The word that a product is called by in file names, labels and kernel parameters.
 *
 * At most ten characters, since `NAME_STATE` is an ext4 label, and those have sixteen bytes (ext4(5)).
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

/** Every value that is called after the product. */
const IdentityValues = z.strictObject({
  /** The word that everything else follows from. */
  name: IdentityName,
  /** The product's name as people read it: banners, boot menus. */
  title: z.string().check(z.minLength(1)),
  /** Which Kubernetes the node runs. Decides the service, its paths, and the key `k3s_args` or `rke2_args`. */
  kubernetes: z.enum(['k3s', 'rke2']),
  /** Key of the product's own section in config.yaml, and of its kernel parameters before the dot. */
  section: IdentityName,
  /** What kernel parameters begin with, dot included. */
  cmdlinePrefix: z.string().check(z.regex(/^[a-z][a-z0-9]*\.$/, 'must be a word and a dot, such as "haos."')),
  /** Label of the file system that the installed system lives on; 16 bytes at most (ext4(5)). */
  stateLabel: z.string().check(z.regex(/^[A-Z0-9_]{1,16}$/, 'must be at most 16 of A-Z, 0-9 and _')),
  /** Label of installation media; 11 bytes at most, so that it fits a FAT volume too. */
  volumeLabel: z.string().check(z.regex(/^[A-Z0-9_]{1,11}$/, 'must be at most 11 of A-Z, 0-9 and _')),
  /** Holds the installed versions and the system's config.yaml. */
  systemDir: absolute,
  /** Holds what persists: /var, /home, /opt, /usr/local. */
  dataDir: absolute,
  /** Holds the local config.yaml and config.d. */
  localDir: absolute,
  /** Holds what lasts until the machine is switched off. */
  runDir: absolute,
  /** Asks the upgrade controller to upgrade this node. */
  upgradeLabel: labelKey,
  /** Says how the node was booted. */
  modeLabel: labelKey,
  /** Says which version the node runs. */
  versionLabel: labelKey,
})
export type Identity = z.output<typeof IdentityValues>

/** A name from which all else follows, or a name and what is to differ. `Section` is the product's own key in config.yaml. */
export type IdentityInput<Section extends string = string> =
  | Section
  | ({readonly name: Section; readonly section?: undefined} & Partial<Omit<Identity, 'name' | 'section'>>)
  | ({readonly name: string; readonly section: Section} & Partial<Omit<Identity, 'name' | 'section'>>)

/**
 * Everything that is called after the product, in one value, so that a product can be renamed in one place.
 *
 * Given as a name, or as a name and single values that are to differ. Default: `haos`.
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
 * The identity that follows from a name; single values may be set otherwise.
 *
 * Throws zod's error when the name or an override is not usable.
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

/** Names whose spelling capitals alone do not give. */
const titles: Readonly<Record<string, string>> = {haos: 'HAOS', rke2os: 'rke2OS', k3os: 'k3OS'}

/** Sections of related systems, to recognise a config.yaml that was written for another of them. */
export const sisterNames: readonly string[] = ['haos', 'rke2os', 'k3os']
