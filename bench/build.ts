import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import * as z from 'zod'
import {getBaselineTools} from './baseline-tools.ts'
import {median, printLine, secondsOf} from './measure.ts'

// Measures builds: from downloads only, with nothing to do, and after an edit, each against a baseline of the same run.

const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))
const store = join(scratch, 'store')
const project = join(scratch, 'project')
const haosBuild = join(root, 'bin/haos-build')

const build = (extra: readonly string[] = []) =>
  secondsOf(haosBuild, ['iso', '--quiet', ...extra], {cwd: project, env: {...process.env, HAOS_BUILD_STORE: store}})

try {
  await getBaselineTools()
  makeProject()
  // The downloads.
  build()
  const iso = join(project, 'out', readdirSync(join(project, 'out')).find((name) => name.endsWith('.iso')) ?? '')

  const baseline = {name: 'mmdebstrap, tar2sqfs and grub-mkrescue in a shell script', seconds: buildByShell()}
  keepDownloadsOnly()
  printLine({what: 'cold build', seconds: build(), baseline, target: 0.6, limit: 35})

  const copies = [1, 2, 3, 4, 5].map(() => {
    settle()
    return secondsOf('cp', ['--reflink=never', iso, join(scratch, 'copy.iso')])
  })
  const copy = {name: 'cp of the ISO', seconds: median(copies)}
  printLine({what: 'nothing to do', seconds: median([1, 2, 3, 4, 5].map(() => build())), target: 0.5})
  const edits = (edit: (turn: number) => void) =>
    median(
      [1, 2, 3, 4, 5, 6, 7].map((turn) => {
        edit(turn)
        settle()
        return build()
      }),
    )
  printLine({
    what: 'config edited',
    seconds: edits((turn) => replace(/hostname: '\w+'/, `hostname: 'edit${turn}'`)),
    baseline: copy,
    limit: 0.6,
  })
  printLine({
    what: 'overlay file edited',
    seconds: edits((turn) => appendFileSync(join(project, 'overlay/usr/share/bench/file'), `edit ${turn}\n`)),
    baseline: copy,
    limit: 2,
  })
  replace('base()', "base({packages: ['tree']})")
  printLine({what: 'package added', seconds: build(), baseline})
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

/** Ends the writing of what earlier measurements left in memory: no measurement should wait for it. */
function settle(): void {
  secondsOf('sync', [])
}

/** A separate project, so that edits have no side effects. */
function makeProject(): void {
  mkdirSync(join(project, 'overlay/usr/share/bench'), {recursive: true})
  writeFileSync(join(project, 'overlay/usr/share/bench/file'), 'first\n')
  copyFileSync(join(root, 'haos.build.ts'), join(project, 'haos.build.ts'))
  copyFileSync(join(root, 'haos.lock.json'), join(project, 'haos.lock.json'))
  replace("defineImage, input, k3s} from 'haos-build'", `defineImage, input, k3s, overlay} from 'haos-build'`)
  replace('parts: [base()]', "parts: [base(), overlay('overlay')]")
  replace('config: {}', "config: {hostname: 'first'}")
}

function replace(what: string | RegExp, by: string): void {
  const path = join(project, 'haos.build.ts')
  const before = readFileSync(path, 'utf8')
  const after = before.replace(what, by)
  if (after === before) throw new Error(`the recipe of the quick start no longer has ${what}`)
  writeFileSync(path, after)
}

/** The locked packages of the first architecture, by set. */
function lockedPackages() {
  const Lock = z.object({
    sets: z.record(z.string(), z.object({packages: z.array(z.object({name: z.string(), sha256: z.string()}))})),
  })
  const {sets} = Lock.parse(JSON.parse(readFileSync(join(project, 'haos.lock.json'), 'utf8')))
  return Object.entries(sets).filter(([name]) => name.includes('/amd64/'))
}

/** Leaves the store as it is after downloading everything and building nothing. */
function keepDownloadsOnly(): void {
  const kept = new Set(lockedPackages().flatMap(([, {packages}]) => packages.map(({sha256}) => sha256)))
  for (const folder of ['results', 'state', 'work']) rmSync(join(store, folder), {recursive: true, force: true})
  for (const path of readdirSync(join(store, 'blobs'), {recursive: true, encoding: 'utf8'})) {
    const digest = path.split('/').at(-1) ?? ''
    if (digest.length === 64 && !kept.has(digest)) rmSync(join(store, 'blobs', path), {force: true})
  }
  rmSync(join(project, 'out'), {recursive: true})
}

function buildByShell(): number {
  const work = join(scratch, 'shell')
  for (const [set, {packages}] of lockedPackages()) {
    const folder = join(work, set.split('/').at(-1) ?? '')
    mkdirSync(folder, {recursive: true})
    for (const {name, sha256} of packages)
      linkSync(join(store, 'blobs', sha256.slice(0, 2), sha256), join(folder, `${name}.deb`))
    writeFileSync(join(folder, 'names'), packages.map(({name}) => name).join(','))
  }
  copyFileSync(join(work, 'base/names'), join(work, 'include'))
  copyFileSync('/bin/busybox', join(work, 'busybox'))
  return secondsOf('sh', [join(root, 'bench/baseline-iso.sh'), work])
}
