import {readFile} from 'node:fs/promises'
import type {Plugin} from 'esbuild'

/**
 * Leaves out of a bundle what it does not use of js-yaml: the half that writes YAML, and its schemas.
 *
 * The library is one file whose constants are made by calls and templates. A bundler must keep those, since they could
 * have an effect; none of them has one, which the mark says. Saves a seventh of the node's program and of its start.
 */
export const parsingHalf: Plugin = {
  name: 'parsing-half',
  setup({onLoad}) {
    onLoad({filter: /\/js-yaml\/dist\/js-yaml\.mjs$/}, async ({path}) => ({
      contents: (await readFile(path, 'utf8')).replace(constants, 'var $1 = /* @__PURE__ */ (() => ($2))();'),
      loader: 'js',
    }))
  },
}

/** Each constant of the file's top level, to its end: the lines after the first are indented, or close a bracket. */
const constants = /^var (\S+) = (.*(?:\n[\t}\])].*)*);$/gm
