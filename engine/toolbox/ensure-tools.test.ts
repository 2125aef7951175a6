import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import type {BuildEvent} from '../run/events.ts'
import {ensureTools} from './ensure-tools.ts'
import {defineTool, searchPath} from './tool.ts'
import {Toolbox} from './toolbox.ts'

const tool = (name: string, packageName: string) =>
  defineTool<null>({name, purpose: `run ${name}`, package: packageName, args: () => []})
const wanted = [tool('frob-b', 'frob'), tool('frob-a', 'frob'), tool('brof', 'brof-tools'), tool('sh', 'dash')]

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ensure-tools-'))
})
afterEach(async () => {
  await rm(directory, {recursive: true})
})

/** An apt-get that records its command lines and does what a line of shell says. */
async function aptThat(does: string): Promise<void> {
  const program = join(directory, 'apt-get')
  const words = `case " $* " in *' update '*) word=update ;; *) word=install ;; esac`
  await writeFile(program, `#!/bin/sh\necho "$*" >>'${directory}/calls'\ncd '${directory}'\n${words}\n${does}\n`)
  await chmod(program, 0o755)
}

const installs = `for name in frob-a frob-b brof; do echo 'echo 1.0' >$name; chmod +x $name; done`
const calls = async () =>
  (await readFile(join(directory, 'calls'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)

const events: BuildEvent[] = []
const ensure = ({install = true, uid = 0, signal = new AbortController().signal} = {}) =>
  ensureTools(wanted, {
    toolbox: new Toolbox({path: `${directory}:${searchPath()}`}),
    install,
    uid,
    signal,
    log: join(directory, 'logs', 'apt.log'),
    emit: (event) => events.push(event),
  })

test('root gets missing tools by one call of apt-get, each package once, without questions', async () => {
  await aptThat(`echo "$DEBIAN_FRONTEND"; ${installs}`)
  await ensure()

  expect(await calls()).toEqual([expect.stringMatching(/ install --yes --no-install-recommends .* brof-tools frob$/)])
  expect(await readFile(join(directory, 'logs', 'apt.log'), 'utf8')).toBe('noninteractive\n')
  expect(events).toContainEqual({type: 'note', message: expect.stringContaining('installs brof-tools, frob')})
})

test('apt-get is not run if nothing is missing', async () => {
  await aptThat(installs)
  await ensure()
  await ensure()

  expect(await calls()).toHaveLength(1)
})

test('package lists are fetched if apt-get fails without them', async () => {
  await aptThat(`case $word in update) touch lists ;; install) [ -e lists ] || exit 100; ${installs} ;; esac`)
  await ensure()

  expect((await calls()).map((call) => /update|install/.exec(call)?.[0])).toEqual(['install', 'update', 'install'])
})

test.each([
  ['an ordinary user', {uid: 1000}, 'sudo apt-get install --no-install-recommends brof-tools frob'],
  ['root that wants nothing installed', {install: false}, '`apt-get install --no-install-recommends brof-tools frob`'],
])('%s gets all missing tools and one command', async (_who, who, command) => {
  await aptThat(installs)

  await expect(ensure(who)).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    hint: expect.stringContaining(command),
    details: {
      problems: [
        {path: 'frob-b', message: 'is needed to run frob-b'},
        {path: 'frob-a', message: 'is needed to run frob-a'},
        {path: 'brof', message: 'is needed to run brof'},
      ],
    },
  })
  expect(await calls()).toEqual([])
})

test('a failure of apt-get shows its output and its log', async () => {
  await aptThat(`echo 'E: Unable to locate package frob' >&2; exit 100`)

  await expect(ensure()).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    details: {
      output: expect.stringContaining('E: Unable to locate package frob'),
      log: join(directory, 'logs', 'apt.log'),
    },
  })
})

test('an abort lets apt-get finish', async () => {
  await aptThat(`sleep 0.2; ${installs}`)

  await expect(ensure({signal: AbortSignal.timeout(50)})).rejects.toMatchObject({code: 'INTERRUPTED'})
  await ensure({install: false})
})
