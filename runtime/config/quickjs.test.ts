import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {encodeNodesFile} from '#formats'
import {bundleForNode} from '../../test/bundle-for-node.ts'
import {dumpCases, tableFiles} from '../../test/oracle/config-cases.ts'
import {findQuickjs} from '../../test/quickjs.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {parseNodes} from './nodes/parse-nodes.ts'
import {readConfig} from './read-config.ts'
import {renderConfig} from './render-config.ts'

const quickjs = await findQuickjs()
const identity = deriveIdentity('haos')

/** Inputs on which parsers and engines are known to differ. */
const own: readonly string[] = [
  'hostname: "\\u00e9\\U0001F600"\nrun_cmd: ["caf\u00e9 \u{1F600}", \'a\'\'b\', >-\n  x\n  y]\n',
  `haos: {labels: ${'{a: '.repeat(90)}x${'}'.repeat(90)}}`,
  `${'['.repeat(5000)}`,
  `haos:\n  token: t\n${'  modules: [a]\n'.repeat(300)}`,
  `run_cmd:\n${'- echo something that is long enough to matter\n'.repeat(2000)}`,
  'write_files: [{path: /a, content: !!binary "AAECAwQF/w=="}]\nhaos: {labels: {__proto__: x}}',
]

test.skipIf(quickjs.reason !== undefined)(
  `QuickJS reads every configuration as Node does${quickjs.reason ? ` (${quickjs.reason})` : ''}`,
  async () => {
    const scratch = scratchDirectory()
    const cases = [
      // A port that fails is not what differs between engines.
      ...dumpCases.map(({inputs}) => ({files: inputs.files, cmdline: inputs.cmdline ?? ''})),
      {
        files: {
          '/haos/system/nodes': encodeNodesFile(
            parseNodes(
              'n',
              'match: {serial: x}\n---\nmatch: {serial: é}\nconfig: {hostname: "n-${index}", run_cmd: ["é ${serial} ${mac}"]}\n',
              identity,
            ).nodes,
            gzipSync,
          ),
          '/sys/class/dmi/id/product_serial': 'É\n',
        },
        cmdline: '',
      },
      ...own.map((text) => ({
        files: {'/haos/system/config.yaml': text},
        cmdline: `haos.token="${text.slice(0, 200)}"`,
      })),
    ].map(({files, cmdline}) => ({files: bytesOf(files), cmdline}))
    const input = join(scratch, 'cases')
    writeFileSync(input, cases.map(({files, cmdline}) => JSON.stringify({files: inBase64(files), cmdline})).join('\n'))
    const script = await bundleForNode('test/runtime/quickjs-replay.ts', join(scratch, 'replay.js'))
    const [program, ...args] = quickjs.qjs ?? ['qjs']
    const {stdout, stderr} = spawnSync(program, [...args, '-m', script, input], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })

    expect(stderr).toBe('')
    const found = stdout.trimEnd().split('\n')
    expect(found).toHaveLength(cases.length)
    for (const [index, {files, cmdline}] of cases.entries()) {
      const {list, read} = tableFiles(new Map(Object.entries(files)))
      const port = {
        list: (path: string) => (path in files ? undefined : list(path)),
        read: (path: string) => (path in files ? read(path) : undefined),
      }
      const {config, written, problems} = readConfig(port, {identity, cmdline})
      expect(JSON.parse(found[index] ?? '')).toEqual(
        JSON.parse(
          JSON.stringify({config: renderConfig(config, identity), written: renderConfig(written, identity), problems}),
        ),
      )
    }
  },
)

type Files = Readonly<Record<string, string | Uint8Array>>

const bytesOf = (files: Files): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path.replace('/var/lib/1898andCo/HAOS/', '/var/lib/rancher/haos/'),
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  )

const inBase64 = (files: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]))
