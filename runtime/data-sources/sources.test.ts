import {createHash} from 'node:crypto'
import {createServer} from 'node:http'
import {text} from 'node:stream/consumers'
import {execa} from 'execa'
import {describe, expect, test} from 'vitest'
import {dataSourceNames} from '#dsl'
import {bundleForNode} from '../../test/bundle-for-node.ts'
import {listenInTest} from '../../test/listen.ts'
import {findQuickjs} from '../../test/quickjs.ts'
import {singleCases} from '../../test/runtime/single-source-cases.ts'
import {
  answerOf,
  type Mode,
  modes,
  runSourceCase,
  type SourceCase,
  type SourceResult,
} from '../../test/runtime/source-case.ts'
import {serviceCases, slowCases} from '../../test/runtime/source-cases.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {MemoryHost} from '../host/memory.ts'
import {encodeUtf8} from '../text/utf8.ts'

const quickjs = await findQuickjs()
const all: readonly (readonly [SourceCase, Mode])[] = [
  ...serviceCases.flatMap((each) => modes.map((mode) => [each, mode] as const)),
  ...singleCases.map((each) => [each, 'good'] as const),
  ...slowCases.map((each) => [each, 'slow'] as const),
]

const inMemory = (each: SourceCase, mode: Mode): SourceResult =>
  runSourceCase(
    each,
    (url, options) => {
      const {status, body} = answerOf(each, mode, {...options, url, isPrivileged: options.localPort === '1-1023'})
      return {status, body: encodeUtf8(body)}
    },
    (surroundings) => {
      const host = new MemoryHost({sha256: (content) => createHash('sha256').update(content).digest('hex')})
      host.put('/run', {type: 'directory', mode: 0o755})
      return Object.assign(host, surroundings)
    },
  )

/** What a node must have after a case. */
function check(each: SourceCase, mode: Mode, {provider, problems, lost, files}: SourceResult): void {
  const {'origins.json': origins = '{}', provider: _, ...kept} = files
  expect(problems).toEqual([])
  if (mode === 'good' || mode === 'without user data') {
    const {userdata, ...others} = each.expected
    // Where user data are a part of a document, there is no answer of their own.
    const isPart = !Object.values(each.routes ?? {}).some((route) => typeof route === 'object' && route.isUserdata)
    expect({provider, lost}).toEqual({provider: each.provider ?? each.name, lost: []})
    expect(kept).toEqual(mode === 'good' || isPart ? each.expected : others)
    expect(new Set(Object.values(JSON.parse(origins)))).toEqual(new Set([provider]))
    return
  }
  // A cloud that the firmware names and that is broken must be asked again later; one that has nothing is not there.
  const isNamed = each.files !== undefined
  const isRetried = isNamed && (mode === 'broken' || (mode === 'missing' && each.name === 'azure'))
  if (mode === 'garbage') expect(provider === null || provider === each.name).toBe(true)
  else expect({provider, lost: lost.length}).toEqual({provider: null, lost: isRetried ? 1 : 0})
}

test.each(all.map(([each, mode]) => [each.name, mode, each] as const))('%s, %s', (_, mode, each) => {
  check(each, mode, inMemory(each, mode))
})

test('every data source that a config may name has a case', () => {
  const covered = new Set([...serviceCases, ...singleCases].flatMap(({name, sources = [name]}) => sources))
  // Those on media are the subject of other tests, too.
  const elsewhere = ['cdrom', 'configdrive']
  expect([...dataSourceNames].filter((name) => !covered.has(name) && !elsewhere.includes(name))).toEqual([])
})

describe.skipIf(quickjs.reason !== undefined)(
  `under QuickJS, with curl${quickjs.reason ? ` (${quickjs.reason})` : ''}`,
  () => {
    test.skipIf(process.getuid?.() !== 0)('every source takes from a server what it takes in memory', async () => {
      const [program = '', ...programArgs] = quickjs.qjs ?? []
      const scratch = scratchDirectory()
      const script = await bundleForNode('test/runtime/quickjs-sources.ts', `${scratch}/sources.js`)
      const port = await serveCases()
      const {stdout} = await execa(program, [...programArgs, '-m', script, scratch, String(port)], {
        env: {PATH: `${quickjs.tools}:${process.env['PATH']}`, TMPDIR: scratch},
      })
      const lines = stdout.split('\n')
      expect(lines).toHaveLength(all.length)
      for (const [index, [each, mode]] of all.entries()) {
        const result: SourceResult = JSON.parse(lines[index] ?? '')
        expect({name: each.name, mode, ...result}).toEqual({name: each.name, mode, ...inMemory(each, mode)})
      }
    })
  },
)

/** Serves all cases until the test ends, below their modes and names. Returns the port. */
async function serveCases(): Promise<number> {
  const server = createServer(async (request, response) => {
    const [, mode, name, url = ''] = (request.url ?? '').split('/').map(decodeURIComponent)
    const found = all.find(([each, other]) => each.name === name && other === mode)
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([header, value]) => [header, String(value)]),
    )
    const sent = {url, headers, text: await text(request), isPrivileged: (request.socket.remotePort ?? 0) < 1024}
    const method = request.method === 'PUT' || request.method === 'POST' ? request.method : 'GET'
    const {status, body} = found ? answerOf(...found, {...sent, method}) : {status: 404, body: ''}
    // A server that is too slow is closed before it answers.
    if (status === 0) return
    response.writeHead(status).end(body)
  })
  return listenInTest(server)
}
