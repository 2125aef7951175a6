import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {MachineConsole} from './machine-console.ts'

test('a panic is told with its whole line, though that comes in pieces', async () => {
  const console = new MachineConsole({
    logFile: join(scratchDirectory(), 'console.log'),
    failOn: [],
    linesInMessages: false,
    command: () => '',
    write: () => {},
  })
  const waiting = console.waitFor('never')
  console.receive(Buffer.from('[  1.5] Kernel panic - not sync'))
  console.receive(Buffer.from('ing: sys'))
  console.receive(Buffer.from('rq triggered crash\n'))

  await expect(waiting).rejects.toMatchObject({
    code: 'MACHINE_FAILED',
    message: 'the guest failed: Kernel panic - not syncing: sysrq triggered crash',
  })
  console.close({keepLog: false})
})
