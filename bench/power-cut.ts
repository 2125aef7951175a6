import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {runCuts} from './power-cut/run-cuts.ts'
import {subjects} from './power-cut/subjects.ts'

/*
 * Cuts the power at random moments of what runs on a disk, boots the disk afterwards, and counts what is lost.
 *
 *     node bench/power-cut.ts [--cuts N] [--seed N] [--only CUT,…] [SUBJECT…]
 *
 * Three of four cuts replay a log of the subject's writes up to one of them, without half of those that were not
 * flushed; the fourth kills QEMU while it works. `--only` repeats single cuts of a seed.
 */

const {values, positionals} = parseArgs({
  options: {cuts: {type: 'string'}, seed: {type: 'string', default: '1'}, only: {type: 'string'}},
  allowPositionals: true,
})
const unknown = positionals.find((name) => !subjects.some(({subject}) => subject.name === name))
if (unknown !== undefined)
  throw new Error(`no subject ${unknown}: ${subjects.map(({subject}) => subject.name).join(', ')}`)
const scratch = mkdtempSync(join(tmpdir(), 'haos-power-cut-'))

const chosen = subjects.filter(({subject: {name}}) => positionals.length === 0 || positionals.includes(name))

try {
  // Two at a time: an emulated machine keeps one core busy, and two are common.
  const waiting = chosen.values()
  await Promise.all([runSubjects(waiting), runSubjects(waiting)])
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

/** Runs subjects one after the other, until none is left. */
async function runSubjects(waiting: Iterable<(typeof subjects)[number]>): Promise<void> {
  for (const {subject, cuts} of waiting) {
    const directory = join(scratch, subject.name)
    mkdirSync(directory)
    const print = (line: string) => console.log(`${subject.name}: ${line}`)
    try {
      const {lost} = await runCuts(subject, {
        scratch: directory,
        cuts: Number(values.cuts ?? cuts),
        seed: Number(values.seed),
        only: values.only?.split(',').map(Number),
        print,
      })
      if (lost > 0) process.exitCode = 1
    } catch (error) {
      // It says nothing about the others.
      print(`cannot be cut: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
    }
    rmSync(directory, {recursive: true})
  }
}
