import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, onTestFinished, test} from 'vitest'
import packageJson from '../package.json' with {type: 'json'}

test('a fresh clone on a machine with an old Node installs its dependencies from the registry, and runs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fresh clone-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo v20.19.2 && exit\nexec '${process.execPath}' "$@"\n`
  await writeFile(join(directory, 'node'), script, {mode: 0o755})
  await execa('git', ['clone', '--quiet', join(import.meta.dirname, '..'), join(directory, 'clone')])
  const env = {PATH: `${directory}:${process.env['PATH']}`, XDG_CACHE_HOME: join(directory, 'cache')}
  const run = () => execa(join(directory, 'clone', 'bin', 'haos-build'), ['--version'], {env})

  const first = await run()
  expect(first.stdout).toMatch(`node-v${packageJson.haosBuild.node}`)
  expect(first.stderr).toMatch(/installs Node .*\n.*installs npm packages/)
  expect((await run()).stderr).toBe('')
})
