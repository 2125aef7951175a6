import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {type ApplierCase, filesOfCase, runCase, usualDirectories} from '../../test/runtime/applier-case.ts'
import {applierCases} from '../../test/runtime/applier-cases.ts'
import {MemoryHost} from '../host/memory.ts'
import {decodeUtf8} from '../text/utf8.ts'

describe('each applier, on a node in memory', () => {
  test.each(applierCases.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const host = nodeOf(each)
    const {problems, services, commands} = runCase(each, (surroundings) => Object.assign(host, surroundings))
    const {expected} = each
    expect(problems.map(({path}) => path)).toEqual(expected.problems ?? [])
    for (const [path, file] of Object.entries(expected.files ?? {}))
      if (file === null) expect(host.entries.has(path), path).toBe(false)
      else expect(shown(host, path), path).toMatchObject(file)
    if (expected.commands) expect(commands.map(({line}) => line)).toEqual(expected.commands)
    for (const [line, stdin] of Object.entries(expected.stdin ?? {}))
      expect(commands.find((command) => command.line === line)?.stdin).toBe(stdin)
    if (expected.service) expect(services).toEqual([expected.service])
  })

  test.each(applierCases.filter(({settles = true}) => settles).map((each) => [each.name, each] as const))(
    'applied again, nothing changes: %s',
    (_, each) => {
      const host = nodeOf(each)
      runCase(each, (surroundings) => Object.assign(host, surroundings))
      const before = new Map(host.entries)
      const {actions} = runCase(each, (surroundings) => Object.assign(host, surroundings))
      expect(actions.filter(({applier, outcome}) => outcome === 'changed' && !applier.endsWith('_cmd'))).toEqual([])
      expect(host.entries).toEqual(before)
    },
  )
})

function nodeOf(each: ApplierCase): MemoryHost {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
  })
  for (const [path, id] of Object.entries(usualDirectories))
    host.put(path, {type: 'directory', mode: 0o755, uid: id, gid: id})
  for (const [path, file] of filesOfCase(each)) host.put(path, file)
  for (const [path, target] of Object.entries(each.links ?? {})) host.put(path, {type: 'symlink', content: target})
  return host
}

function shown(host: MemoryHost, path: string) {
  const entry = host.entries.get(path)
  return entry && {...entry, content: decodeUtf8(entry.content)}
}
