import {execFileSync} from 'node:child_process'
import {readFileSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {qemuImgCreate} from '#tools'
import {scratchDirectory} from '../../test/scratch.ts'
import {whyNoTools} from '../../test/why-no-tools.ts'
import {glanceAfterEach} from './glance.ts'
import {readWriteLog} from './write-log.ts'

// qemu-io is in the package of qemu-img.
const missing = await whyNoTools([qemuImgCreate])
if (missing !== undefined && process.env['CI']) throw new Error(missing)

test.skipIf(missing !== undefined)(
  'a look after every request sees all that was flushed, and each loss of the rest',
  () => {
    const scratch = scratchDirectory()
    const [disk, log] = [join(scratch, 'disk.img'), join(scratch, 'writes.log')]
    for (const file of [disk, log]) writeFileSync(file, '')
    truncateSync(disk, 2 ** 20)
    const requests = ['write -P 1 0 512', 'flush', 'write -P 2 0 512', 'write -P 3 512 512', 'flush']
    const image = `driver=blklogwrites,file.driver=file,file.filename=${disk},log.driver=file,log.filename=${log}`
    execFileSync('qemu-io', ['-t', 'writeback', ...requests.flatMap((text) => ['-c', text]), '--image-opts', image])
    const copy = join(scratch, 'copy.img')
    writeFileSync(copy, '')
    truncateSync(copy, 2 ** 20)
    const glance = () => [0, 512].map((at) => readFileSync(copy)[at]).join()
    const recording = {log, entries: readWriteLog(log), promises: [], seconds: 0}
    const seen = glanceAfterEach(recording, {disk: copy, turns: 20, seed: 1, glance})

    expect([...seen.keys()].sort()).toEqual(['0,0', '1,0', '1,3', '2,0', '2,3'])
    expect(glance()).toBe('2,3')
  },
)
