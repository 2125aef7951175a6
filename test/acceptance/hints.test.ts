import {expect, test} from 'vitest'
import {commands} from '../../bin/commands/index.ts'
import {folderRules} from '../folder-rules.ts'
import {readSourceFiles} from '../source-files.ts'

const folders = new Set([...Object.keys(folderRules), 'docs'])

/** Texts that tell users what to type: messages of the product, its scripts, and the documentation. */
const pages = readSourceFiles().filter(
  ({path}) => (folders.has(path.split('/')[0] ?? '') || /^[A-Z]+\.md$/.test(path)) && !/\.test\.ts$/.test(path),
)

/** A command line in quotes, in an example, or alone in a block of a page. */
const typed = /(?:[`"(]|\$ |^ {0,8}|\n)(?:\.\/bin\/)?(?:haos-build|<%= config\.bin %>) ([a-z]+)(?: ([a-z]+))?/gm

/** Commands of oclif's plug-ins. */
const ofPlugins = ['autocomplete', 'help']

/** Words that follow the name at the start of a sentence. */
const verbs = ['needs']

const known = new Set([...Object.keys(commands), ...ofPlugins, ...verbs])
const topics = new Set(Object.keys(commands).flatMap((name) => (name.includes(':') ? [name.split(':')[0]] : [])))

test('every command in a hint, an example or a page exists', () => {
  const named = pages.flatMap(({path, text}) =>
    [...text.matchAll(typed)].map(([, first = '', second = '']) => ({
      name: topics.has(first) ? `${first}:${second}` : first,
      path,
    })),
  )

  expect(named.length).toBeGreaterThan(30)
  expect(named.filter(({name}) => !known.has(name))).toEqual([])
})
