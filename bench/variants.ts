import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {printLine, secondsOf} from './measure.ts'

// Measures five configs for two architectures in one build, compared with one config for both. Downloads are already in the store.
// Needs qemu-user-static to configure packages of the foreign architecture.

const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))
const project = join(scratch, 'project')
const configs = ['one', 'two', 'three', 'four', 'five']

try {
  mkdirSync(project)
  copyFileSync(join(root, 'haos.lock.json'), join(project, 'haos.lock.json'))
  for (const name of configs) writeRecipe(name)
  build('first', ['one'])
  // Both start with only the downloads and the lock file.
  const seconds = build('bases', ['one'])
  printLine({
    what: 'ten variants',
    seconds: build('variants', configs),
    baseline: {name: 'two images', seconds},
    target: 1.5,
  })
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

/** The recipe of the quick start under another name, for both architectures. */
function writeRecipe(name: string): void {
  const text = readFileSync(join(root, 'haos.build.ts'), 'utf8')
  const changed = text
    .replace(/\bname: '[^']*'/, `name: '${name}'`)
    .replace('config: {}', `config: {hostname: '${name}'}`)
  if (!changed.includes(`name: '${name}'`) || !changed.includes(`hostname: '${name}'`))
    throw new Error('the recipe of the quick start no longer has a name or config')
  writeFileSync(join(project, `${name}.build.ts`), changed)
}

/** Builds recipes for both architectures, without results of earlier builds. */
function build(out: string, recipes: readonly string[]): number {
  const store = join(scratch, 'store')
  for (const folder of ['results', 'state', 'work']) rmSync(join(store, folder), {recursive: true, force: true})
  const words = recipes.flatMap((name) => ['--recipe', `${name}.build.ts`])
  return secondsOf(
    join(root, 'bin/haos-build'),
    ['build', 'iso', '--quiet', '--arch', 'amd64', '--arch', 'arm64', '--out', join(scratch, out), ...words],
    {cwd: project, env: {...process.env, HAOS_BUILD_STORE: store}},
  )
}
