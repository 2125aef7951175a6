import {type ChildProcess, spawn} from 'node:child_process'
import {closeSync, constants, openSync, rmSync} from 'node:fs'
import {Socket} from 'node:net'
import {join} from 'node:path'
import {Duplex, Readable, type Writable} from 'node:stream'
import {execa} from 'execa'
import {findTool} from '#engine'
import {consolePipe, descriptors} from './qemu-arguments.ts'
import type {QemuExit} from './qemu-exit.ts'

/** A running QEMU and its connections. */
export interface QemuProcess {
  readonly pid: number | undefined
  /** Output of the serial line; ends after QEMU, when all of it was read. */
  readonly output: Readable
  /** Input of the serial line. */
  readonly input: Writable
  readonly monitor: Duplex
  readonly firmware: Duplex
  readonly exit: Promise<QemuExit>
  /** Ends it at once, as a power cut would. */
  kill(): void
}

/**
 * Starts QEMU so that it cannot outlive this process.
 *
 * setpriv (util-linux, on every Debian) asks the kernel to kill QEMU when its parent ends, which also covers a SIGKILL
 * to this process. Without setpriv, only Node's exit handler remains.
 */
export async function startQemu(program: string, args: readonly string[], directory: string): Promise<QemuProcess> {
  const line = await openSerialLine(join(directory, consolePipe))
  const setpriv = await findTool('setpriv')
  const [file, ...argv] =
    setpriv === undefined ? [program, ...args] : [setpriv, '--pdeathsig', 'KILL', '--', program, ...args]
  const child = spawn(file, argv, {
    // For "pipe", Node makes pairs of Unix sockets, which QEMU uses as connections.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: {PATH: process.env['PATH'], TMPDIR: directory, LC_ALL: 'C'},
    // Its own process group: Ctrl-C in the terminal must not reach QEMU.
    detached: true,
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const exit = watchExit(child).then(async (exit) => {
    process.off('exit', kill)
    await line.close()
    return exit
  })
  return {
    pid: child.pid,
    output: line.output,
    input: line.input,
    monitor: socketOf(child, descriptors.monitor),
    firmware: socketOf(child, descriptors.firmware),
    exit,
    kill,
  }
}

function watchExit(child: ChildProcess): Promise<QemuExit> {
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000)
    })
  }
  const {promise, resolve} = Promise.withResolvers<QemuExit>()
  child.once('error', ({message}) => resolve({status: undefined, signal: undefined, words: message}))
  child.once('close', (status, signal) => {
    resolve({status: status ?? undefined, signal: signal ?? undefined, words: words.trim()})
  })
  return promise
}

function socketOf(child: ChildProcess, fd: number): Duplex {
  const stream: unknown = child.stdio[fd]
  // A program that could not be started has no streams; its exit reports why.
  const socket = stream instanceof Duplex ? stream : Duplex.from(Readable.from([]))
  // QEMU may end while we write: its exit is reported, so EPIPE adds nothing.
  return socket.on('error', () => {})
}

/** Calls back when a stream contains a phrase, which may arrive in pieces. */
export function onPhrase(stream: Readable, phrase: string, callback: () => void): void {
  let tail = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const fresh = tail + text
    if (fresh.includes(phrase)) callback()
    tail = fresh.slice(1 - phrase.length)
  })
}

/**
 * Opens the two named pipes that are the guest's serial line.
 *
 * Not a Unix socket, which buffers only a few hundred single characters: while this process is slow to read, the
 * guest's console driver waits 10 ms for each and then overwrites it (8250, wait_for_xmitr). A pipe buffers 65536
 * (pipe(7)).
 */
async function openSerialLine(path: string) {
  const [outPath, inPath] = [`${path}.out`, `${path}.in`]
  for (const fifo of [outPath, inPath]) rmSync(fifo, {force: true})
  await execa('mkfifo', ['-m', '600', outPath, inPath])
  const reading = openSync(outPath, constants.O_RDONLY | constants.O_NONBLOCK)
  // Without a writer, the reader would see the end of file before QEMU has started; closing this one causes it.
  const guard = openSync(outPath, constants.O_WRONLY | constants.O_NONBLOCK)
  const typing = openSync(inPath, constants.O_RDWR | constants.O_NONBLOCK)
  const output = new Socket({fd: reading, readable: true, writable: false})
  const input = new Socket({fd: typing, readable: false, writable: true}).on('error', () => {})
  const {promise: closed, resolve} = Promise.withResolvers<void>()
  output.on('error', () => {}).on('close', () => resolve())
  const close = (): Promise<void> => {
    closeSync(guard)
    input.destroy()
    // A stream without a reader would never close.
    output.resume()
    return closed
  }
  return {output, input, close}
}
