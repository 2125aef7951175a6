import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {makeToolRun} from './run-tool.ts'
import {defineTool} from './tool.ts'
import {Toolbox} from './toolbox.ts'

const sh = defineTool<{script: string}>({
  name: 'sh',
  purpose: 'try things out',
  package: 'dash',
  env: {EXTRA: 'given'},
  args: ({script}) => ['-c', script],
})

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'run tool-'))
})
afterEach(async () => {
  await rm(scratch, {recursive: true})
})

const runner = ({
  signal = new AbortController().signal,
  onLine = (_line: string) => {},
  scriptSilenceMs = 1_800_000,
} = {}) =>
  makeToolRun({
    toolbox: new Toolbox(),
    tools: [sh],
    scriptSilenceMs,
    log: join(scratch, 'logs', 'step.log'),
    scratch,
    epoch: 42,
    signal,
    onLine,
  })

const logged = () => readFile(join(scratch, 'logs', 'step.log'), 'utf8')

test('a tool sees PATH, the fixed variables and its own, and none of the caller', async () => {
  process.env['HAOS_SECRET'] = 'leaks'
  const printed = await runner()(sh, {script: 'unset PWD OLDPWD SHLVL _; env; pwd; umask'})
  delete process.env['HAOS_SECRET']

  expect(
    printed
      .split('\n')
      .filter((line) => !line.startsWith('PATH='))
      .sort(),
  ).toEqual(
    [
      scratch,
      '0022',
      'E2FSPROGS_FAKE_TIME=42',
      'EXTRA=given',
      `HOME=${scratch}`,
      'LC_ALL=C',
      'SOURCE_DATE_EPOCH=42',
      'TZ=UTC',
    ].sort(),
  )
})

test('the output of a tool is in the log below its command, and each line is reported', async () => {
  const lines: string[] = []
  await runner({onLine: (line) => lines.push(line)})(sh, {script: 'echo one; sleep 0.05; echo two >&2'})

  expect(lines).toEqual(['one', 'two'])
  expect(await logged()).toMatch(/^\$ \(cd .*\/sh -c .*\)\none\ntwo\n$/)
})

test('standard output that is redirected to a file arrives unchanged, and is not in the log', async () => {
  const [stdin, stdout] = [join(scratch, "it's in"), join(scratch, 'out')]
  const bytes = Buffer.from(Array.from({length: 100_000}, (_, index) => index % 256))
  await writeFile(stdin, bytes)

  expect(await runner()(sh, {script: 'cat; echo aside >&2'}, {stdin, stdout})).toBe('')
  expect((await readFile(stdout)).equals(bytes)).toBe(true)
  expect((await logged()).split('\n').slice(1)).toEqual(['aside', ''])
})

test('a failure names the purpose, the last twenty lines, the log, and a command that fails again', async () => {
  const script = `for i in $(seq 30); do echo "it's $i"; done; exit 3`
  const failure = await runner()(sh, {script}).catch((error) => error)

  expect(failure).toMatchObject({code: 'TOOL_FAILED', message: 'sh could not try things out'})
  expect(failure.details.output.split('\n')).toEqual(Array.from({length: 20}, (_, index) => `it's ${index + 11}`))
  expect(failure.details).toMatchObject({
    at: expect.stringMatching(/sh, exit status 3$/),
    log: join(scratch, 'logs', 'step.log'),
  })

  const again = await runner()(sh, {script: `${failure.details.command}; echo "status $?"`})
  expect(again).toMatch(/^it's 1\n(?:.*\n)*it's 30\nstatus 3$/)
})

test('a failure for lack of space is DISK_FULL', async () => {
  const failing = runner()(sh, {script: 'head -c 1 /dev/zero >/dev/full'})

  await expect(failing).rejects.toMatchObject({
    code: 'DISK_FULL',
    details: {output: expect.stringContaining('No space')},
  })
})

test('an abort ends the tool and its child processes, even those that ignore SIGTERM', async () => {
  const abort = new AbortController()
  const marker = join(scratch, 'pid')
  const script = `(trap '' TERM; echo $$; exec sleep 1000) >/dev/null 2>&1 & echo $! >pid; sleep 1000`
  const running = runner({signal: abort.signal})(sh, {script})
  await expect.poll(() => readFile(marker, 'utf8').catch(() => ''), {timeout: 300_000}).toMatch(/\d+\n/)
  const pid = Number(await readFile(marker, 'utf8'))
  abort.abort()

  await expect(running).rejects.toMatchObject({code: 'INTERRUPTED'})
  await expect.poll(() => stateOf(pid), {timeout: 300_000}).not.toMatch(/^[RSD]/)
})

describe('a tool that runs scripts of others', () => {
  const scripts = defineTool<{script: string}>({...sh, runsScripts: true})

  test('is ended with all that it started when it prints nothing for too long, and not while it prints', async () => {
    const script = 'for i in 1 2 3 4; do printf .; sleep 1; done; echo; echo waiting; sleep 1000 & echo $! >pid; wait'
    const failure = await runner({scriptSilenceMs: 3000})(scripts, {script}).catch((error) => error)

    expect(failure).toMatchObject({
      code: 'TOOL_ENDLESS',
      details: {at: expect.stringMatching(/sh, ended after 3 s without output$/), output: '....\nwaiting'},
    })
    const pid = Number(await readFile(join(scratch, 'pid'), 'utf8'))
    await expect.poll(() => stateOf(pid), {timeout: 300_000}).not.toMatch(/^[RSD]/)
  })

  test('is ended when it prints without end, with or without lines', async () => {
    for (const script of ['yes long', 'tr "\\0" x </dev/zero >&2'])
      await expect(runner()(scripts, {script})).rejects.toMatchObject({
        code: 'TOOL_ENDLESS',
        details: {at: expect.stringMatching(/ended after 32 MB of output$/)},
      })
  })

  test('may be silent for as long as it takes if it is one of ours', async () => {
    expect(await runner({scriptSilenceMs: 100})(sh, {script: 'sleep 1; echo done'})).toBe('done')
  })
})

/** The state letter of a process from /proc/PID/stat (proc(5)); empty once it is gone, Z while nobody has waited for it. */
const stateOf = async (pid: number): Promise<string> => {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return line.slice(line.lastIndexOf(')') + 2)
}

test('a tool that the step does not declare is refused, since it would not count in the cache key', () => {
  const ls = defineTool<null>({name: 'ls', purpose: 'list', package: 'coreutils', args: () => []})

  expect(() => runner()(ls, null)).toThrow('does not declare ls')
})

test('a tool that is not installed is TOOL_MISSING with its package, and leaves no log', async () => {
  const absent = defineTool<null>({name: 'absent-tool', purpose: 'be away', package: 'absent', args: () => []})
  const run = makeToolRun({
    toolbox: new Toolbox(),
    tools: [absent],
    log: join(scratch, 'log'),
    scratch,
    epoch: 0,
    signal: new AbortController().signal,
  })

  await expect(run(absent, null)).rejects.toMatchObject({code: 'TOOL_MISSING', hint: expect.stringContaining('absent')})
  await expect(stat(join(scratch, 'log'))).rejects.toThrow('ENOENT')
})

test('other users cannot read the arguments and the output of a tool', async () => {
  await runner()(sh, {script: 'echo secret'})

  expect((await stat(join(scratch, 'logs', 'step.log'))).mode & 0o777).toBe(0o600)
})

test('a tool cannot exceed its limits of file size and memory', async () => {
  const large = runner()(sh, {script: 'dd if=/dev/zero of=large bs=4096 count=100'}, {maxFileBytes: 8192})
  await expect(large).rejects.toMatchObject({code: 'TOOL_FAILED'})
  expect((await stat(join(scratch, 'large'))).size).toBe(8192)

  const hungry = runner()(sh, {script: 'dd if=/dev/zero of=/dev/null bs=200M count=1'}, {maxMemoryBytes: 100 << 20})
  await expect(hungry).rejects.toMatchObject({code: 'TOOL_FAILED'})
})
