import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, describe, expect, test} from 'vitest'
import {whyNoBoot} from '../../machine/testing.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'haos-dev-test-'))
afterAll(() => rmSync(directory, {recursive: true, force: true}))

/** The packages of the quick start, started by a kernel that prints its command line. */
const writeRecipe = (edition: string) =>
  writeFileSync(
    join(directory, 'haos.build.ts'),
    `import {debian, defineImage} from 'haos-build'
import {base, nodeKernel} from 'haos-build/recipes'

export default defineImage({
  name: 'haos',
  version: '0.1.0',
  date: '2026-11-01',
  arch: ['amd64'],
  base: debian(),
  kernel: nodeKernel(),
  boot: {
    timeoutSeconds: 1,
    cmdline: ['console=ttyS0,115200', 'no_timer_check', 'edition=${edition}'],
    entries: [{title: 'live', arguments: ['haos.mode=live']}],
  },
  parts: [base()],
})
`,
  )

/** Machines that use a file of the project. */
const machines = (): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      const words = readFileSync(join('/proc', name, 'cmdline'), 'utf8')
      return words.includes('qemu-system') && words.includes(directory)
    } catch {
      return false
    }
  })

describe.skipIf(missing !== undefined)(`a project that somebody works on (${missing ?? 'in a machine'})`, () => {
  test('is rebuilt and booted again after an edit, and its machine ends with the command', async () => {
    mkdirSync(join(directory, 'node_modules'))
    symlinkSync(root, join(directory, 'node_modules/haos-build'))
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}\n')
    copyFileSync(join(root, 'haos.lock.json'), join(directory, 'haos.lock.json'))
    writeRecipe('first')
    const running = execa(process.execPath, [join(root, 'bin/start.ts'), 'dev'], {
      cwd: directory,
      reject: false,
      env: {NO_COLOR: '1'},
    })
    let printed = ''
    for (const stream of [running.stdout, running.stderr])
      stream.on('data', (bytes: Buffer) => {
        printed += bytes.toString()
      })
    let ended = false
    void running.then(() => {
      ended = true
    })
    const seen = async (pattern: RegExp) => {
      await expect.poll(() => pattern.test(printed) || ended, {timeout: 1_800_000}).toBe(true)
      expect(printed).toMatch(pattern)
    }
    await seen(/command line: .*edition=first/i)
    const [first] = machines()
    writeRecipe('second')

    await seen(/command line: .*edition=second/i)
    expect(printed).toContain('haos.build.ts has changed')
    const after = machines()
    expect(after).toHaveLength(1)
    expect(after).not.toContain(first)
    running.kill('SIGTERM')
    await running
    expect(machines()).toEqual([])
    expect(printed).not.toContain('this is a bug')
  })
})
