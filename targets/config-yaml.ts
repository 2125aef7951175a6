import {dump} from 'js-yaml'

/** Renders a config as YAML from which the node reads the same strings. */
export const stringify = (config: Readonly<Record<string, unknown>>): string =>
  Object.keys(config).length === 0 ? '' : dump(config, {lineWidth: -1})
