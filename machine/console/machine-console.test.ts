import {lstatSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {MachineConsole} from './machine-console.ts'

/** The console of a guest whose log nobody reads. */
const consoleOf = ({mayPanic}: {readonly mayPanic: boolean}) =>
  new MachineConsole({
    logFile: join(scratchDirectory(), 'console.log'),
    failOn: [],
    mayPanic,
    linesInMessages: false,
    command: () => '',
    write: () => {},
  })

test('a panic is reported with its whole line, even if that arrives in pieces', async () => {
  const console = consoleOf({mayPanic: false})
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

test('what is still waited for when the machine is disposed of fails at once', async () => {
  const console = consoleOf({mayPanic: false})
  const waiting = console.waitFor('never')
  console.close({keepLog: false})

  await expect(waiting).rejects.toMatchObject({
    code: 'MACHINE_FAILED',
    message: 'the machine was disposed of while it was waited for',
  })
})

test('a guest that may panic is waited for', async () => {
  const console = consoleOf({mayPanic: true})
  const waiting = console.waitFor('login:')
  console.receive(Buffer.from('Kernel panic - not syncing: x\nRebooting in 10 seconds..\nlogin:'))

  await expect(waiting).resolves.toMatchObject({text: 'login:'})
  console.close({keepLog: false})
})

test('no other user can read the log of a console, and a symlink at its path is not followed', () => {
  const directory = scratchDirectory()
  const [logFile, precious] = [join(directory, 'console.log'), join(directory, 'precious')]
  writeFileSync(precious, 'years of work')
  symlinkSync(precious, logFile)
  const console = new MachineConsole({
    logFile,
    failOn: [],
    mayPanic: false,
    linesInMessages: false,
    command: () => '',
    write: () => {},
  })
  console.receive(Buffer.from('token: abc\n'))
  console.close({keepLog: true})

  expect(readFileSync(precious, 'utf8')).toBe('years of work')
  expect(lstatSync(logFile).isFile()).toBe(true)
  expect(statSync(logFile).mode & 0o777).toBe(0o600)
})
