import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {performance} from 'node:perf_hooks'
import {nodeHttp} from '#engine'
import {writeTree} from '#formats'
import {haosPackages} from '#recipes'
import {loadIndexes, loadKeyRing, parseRepository, solvePackages} from '#sources'
import {installPackages} from '../sources/alpine/install/install-packages.ts'
import {knownScripts} from '../sources/alpine/scripts/run-scripts.ts'
import {haosSubset, openWorld, realPackages} from '../test/alpine/recorded-world.ts'
import {median, printLine, secondsOf} from './measure.ts'

// Compares choosing and installing Alpine packages with the real apk, in a chroot with the same files.
// Needs root and ../shared/alpine. Both sides read from a warm page cache; ours runs in this process after one warm-up run.

const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))
const chroot = join(scratch, 'apk')
const rounds = 3

try {
  mkdirSync(join(chroot, 'm'), {recursive: true})
  secondsOf('tar', ['xzf', join(realPackages, 'alpine-minirootfs-3.20.3-x86_64.tar.gz'), '-C', chroot])
  secondsOf('cp', ['-r', `${join(realPackages, 'mirror')}/.`, join(realPackages, 'indexes'), join(chroot, 'm')])
  printLine({what: 'solve HAOS (66 names)', ...(await compare(ourSolve, apkSolve())), target: 1})
  printLine({what: 'install haos-subset', ...(await compare(ourInstall, apkInstall())), target: 0.7})
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

/** Runs both alternately, because a busy machine slows both, and returns the median of each. */
async function compare(ours: (round: number) => Promise<void>, apk: (round: number) => number) {
  await ours(-1)
  apk(-1)
  const pairs: {ours: number; apk: number}[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await ours(round)
    pairs.push({ours: (performance.now() - started) / 1000, apk: apk(round)})
  }
  return {
    seconds: median(pairs.map((pair) => pair.ours)),
    baseline: {name: 'apk 2.14.4', seconds: median(pairs.map((pair) => pair.apk))},
  }
}

async function ourSolve(): Promise<void> {
  const arch = 'x86_64'
  const {index, tags} = await loadIndexes(
    ['main', 'community'].map((name) => parseRepository(join(realPackages, 'indexes/3.19', name))),
    {
      arch,
      keys: loadKeyRing([join(realPackages, 'keys')], arch),
      http: nodeHttp({offline: true}),
      signal: new AbortController().signal,
    },
  )
  const chosen = solvePackages(index, tags, [...haosPackages])
  if (chosen.length < 200) throw new Error(`only ${chosen.length} packages`)
}

async function ourInstall(round: number): Promise<void> {
  const place = join(scratch, `ours${round}`)
  mkdirSync(place)
  const packages = await openWorld(haosSubset, place)
  const root = await installPackages(packages, {
    arch: haosSubset.arch,
    world: haosSubset.world,
    runScript: knownScripts({epoch: 0}),
  })
  await writeTree(join(place, 'tree'), root.entries(), {epoch: 0})
}

/** Solves with `apk add --simulate`, which needs a database. */
function apkSolve(): (round: number) => number {
  writeFileSync(join(chroot, 'indexes.repos'), '/m/indexes/3.19/main\n/m/indexes/3.19/community\n')
  apk(['add', '--root', '/solve', '--initdb'], '/indexes.repos')
  return () => apk(['add', '--root', '/solve', '--simulate', ...haosPackages], '/indexes.repos')
}

/** Installs with scripts. */
function apkInstall(): (round: number) => number {
  writeFileSync(join(chroot, 'mirror.repos'), haosSubset.repositories.map((path) => `/m/${path}\n`).join(''))
  for (const [path, major, minor] of [
    ['null', 1, 3],
    ['urandom', 1, 9],
  ] as const)
    secondsOf('sh', ['-c', `[ -e ${chroot}/dev/${path} ] || mknod -m 666 ${chroot}/dev/${path} c ${major} ${minor}`])
  return (round) => apk(['add', '--root', `/dst${round}`, '--initdb', ...haosSubset.world], '/mirror.repos')
}

function apk([command = '', ...words]: readonly string[], repositories: string): number {
  return secondsOf('unshare', [
    ...['-m', '-n', 'chroot', chroot, '/sbin/apk', command, '--quiet', '--arch', 'x86_64'],
    ...['--keys-dir', '/etc/apk/keys', '--repositories-file', repositories, '--no-network', '--no-cache'],
    ...words,
  ])
}
