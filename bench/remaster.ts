import {copyFileSync, mkdtempSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {performance} from 'node:perf_hooks'
import prettyBytes from 'pretty-bytes'
import {Toolbox} from '#engine'
import {remaster} from '#media'
import {makeSmallIso} from '../test/small-iso.ts'
import {median, printLine, secondsOf} from './measure.ts'

// Measures changing the arguments and config of a finished ISO, compared with copying it, and with the method of the
// predecessors: unpack, edit, grub-mkrescue. Needs xorriso, grub-common, grub-pc-bin, grub-efi-amd64-bin and mtools.

const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))
const {signal} = new AbortController()
const toolbox = new Toolbox()

/** Seconds without the start of Node, which does not depend on the size and is measured separately. */
async function secondsInPlace(iso: string, turn: number): Promise<number> {
  const config = Buffer.from(`hostname: node${turn}\n`)
  const started = performance.now()
  await remaster({
    input: iso,
    changes: {arguments: {append: [`haos.turn=${turn}`]}, config, reset: true},
    toolbox,
    signal,
  })
  return (performance.now() - started) / 1000
}

try {
  for (const [size, systemBytes] of [
    ['300 MB', 300e6],
    ['3 GB', 3e9],
  ] as const) {
    const directory = mkdtempSync(join(scratch, 'iso-'))
    const iso = makeSmallIso(directory, {systemBytes})
    const copy = join(directory, 'copy.iso')
    // Otherwise our own fsync would wait for the bytes of the new ISO.
    secondsOf('sync', [])
    const turns = []
    for (let turn = 0; turn < 9; turn++) turns.push(await secondsInPlace(iso, turn))
    const cp = {
      name: `cp of ${prettyBytes(statSync(iso).size)}`,
      seconds: median([1, 2].map(() => secondsOf('cp', ['--reflink=never', iso, copy]))),
    }
    const inPlace = median(turns)
    const what = `in place, ${size}`
    printLine({what, seconds: inPlace, target: 0.05})
    printLine({what, seconds: inPlace, baseline: cp, target: 1})
    if (systemBytes === 300e6) {
      const tree = join(directory, 'tree')
      const mkrescue = [
        `mkdir ${tree}`,
        `xorriso -osirrox on -indev ${iso} -extract / ${tree} 2>/dev/null`,
        `chmod -R u+w ${tree}`,
        `sed -i 's/quiet/haos.turn=1/' ${tree}/boot/grub/grub.cfg`,
        `grub-mkrescue --quiet -o ${copy} ${tree} -- -volid HAOS 2>/dev/null`,
      ].join(' && ')
      const before = {name: 'unpacking and grub-mkrescue', seconds: secondsOf('sh', ['-c', mkrescue])}
      copyFileSync(iso, copy)
      const program = join(import.meta.dirname, '../bin/haos-build')
      const command = median([1, 2, 3].map(() => secondsOf(program, ['remaster', copy, '--timeout', '3', '--quiet'])))
      const start = median([1, 2, 3].map(() => secondsOf(program, ['remaster', copy, '--show', '--quiet'])))
      printLine({what, seconds: inPlace, baseline: before, target: 0.1})
      printLine({
        what: 'the whole command',
        seconds: command,
        baseline: {name: 'only --show', seconds: start},
        target: 1.2,
      })
    }
    rmSync(directory, {recursive: true, force: true})
  }
} finally {
  rmSync(scratch, {recursive: true, force: true})
}
