import {execFileSync} from 'node:child_process'
import {chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {onTestFinished} from 'vitest'
import {asNobody, nobody} from '../as-nobody.ts'
import {scratchDirectory} from '../scratch.ts'
import type {InstallResult} from './install-hostile.ts'

/** The user who builds. */
export const users = ['whoever runs the tests', 'an ordinary user'] as const

interface Package {
  readonly path: string
  readonly label: string
}

interface Order {
  readonly kind: 'debian' | 'alpine'
  readonly base: readonly Package[]
  readonly packages: readonly Package[]
}

interface Installation {
  readonly results: readonly InstallResult[]
  /** Peak memory of the installing program, in bytes. */
  readonly peakBytes: number
}

/** A directory for packages, and a function that installs each of them separately as a user. Skips the test if that is impossible. */
export async function installAs(
  user: (typeof users)[number],
  skip: (reason: string) => never,
): Promise<{readonly directory: string; run(order: Order): Promise<Installation>}> {
  // Not in /tmp, of which packages see another one; removed early, because it is full of bombs.
  const directory = mkdtempSync('/var/tmp/haos-build-hostile-')
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  chmodSync(directory, 0o755)
  const isOther = user === 'an ordinary user'
  const {wrap, reason} = isOther ? await asNobody(scratchDirectory()) : {wrap: [], reason: undefined}
  if (reason !== undefined) skip(reason)
  return {
    directory,
    async run({base, ...order}) {
      const copied = base.map(({path, label}, index) => {
        const copy = join(directory, `base-${index}`)
        cpSync(path, copy)
        return {path: copy, label}
      })
      const [orderFile, resultFile, work] = ['order.json', 'results.json', 'work'].map((name) => join(directory, name))
      mkdirSync(work ?? '')
      writeFileSync(orderFile ?? '', JSON.stringify({...order, base: copied, directory: work}))
      if (isOther) execFileSync('chown', ['--recursive', `${nobody}:${nobody}`, directory])
      const program = join(import.meta.dirname, 'install-hostile.ts')
      const [file = '', ...words] = [...wrap, process.execPath, program, orderFile ?? '', resultFile ?? '']
      await execa(file, words, {cwd: directory, env: {HOME: directory}})
      const installation: Installation = JSON.parse(readFileSync(resultFile ?? '', 'utf8'))
      return installation
    },
  }
}
