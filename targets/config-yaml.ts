import {dump} from 'js-yaml'

/** A config as YAML that the node reads back as the same texts. */
export const stringify = (config: Readonly<Record<string, unknown>>): string =>
  Object.keys(config).length === 0 ? '' : dump(config, {lineWidth: -1})
