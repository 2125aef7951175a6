import type {Identity, NodeConfig} from '#dsl'

/** What `config render` prints: the keys of config.yaml that are set. */
export type RenderedConfig = Readonly<Record<string, unknown>>

/**
 * A configuration as a person would write it, with the product's names.
 *
 * Files have all five keys; elsewhere empty texts, lists and maps and false flags are left out. The section is always
 * present.
 */
export function renderConfig({node, ...top}: NodeConfig, {section, kubernetes}: Identity): RenderedConfig {
  const {k3s_args, install, upgrade, ...fields} = node
  return {
    ...said({
      ...top,
      write_files: top.write_files?.map((file) => ({
        encoding: '',
        content: '',
        owner: '',
        permissions: '',
        ...file,
        path: file.path ?? '',
      })),
      boot_manifests: top.boot_manifests?.map(said),
    }),
    [section]: said({
      ...fields,
      wifi: fields.wifi?.map(said),
      [`${kubernetes}_args`]: k3s_args,
      install: install && said(install),
      upgrade: upgrade && said({...upgrade, trial: upgrade.trial && saidFully(upgrade.trial)}),
    }),
  }
}

/**
 * A configuration as its author wrote it, with the product's names: what is empty on purpose stays empty, since it overrides a
 * default or an earlier source.
 */
export function renderWrittenConfig({node, ...top}: NodeConfig, {section, kubernetes}: Identity): RenderedConfig {
  const {k3s_args, ...fields} = node
  return defined({...top, [section]: defined({...fields, [`${kubernetes}_args`]: k3s_args})})
}

const defined = (fields: object): RenderedConfig =>
  Object.fromEntries(Object.entries(fields).filter(([, value]: [string, unknown]) => value !== undefined))

const said = (fields: object): RenderedConfig =>
  Object.fromEntries(Object.entries(fields).filter(([, value]: [string, unknown]) => !isEmpty(value)))

/** Also what is false, where that is not the default. */
const saidFully = (fields: object): RenderedConfig =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]: [string, unknown]) => value === false || !isEmpty(value)),
  )

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  value === false ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
