import type {Duplex} from 'node:stream'
import * as z from 'zod'
import {HaosError} from '#dsl'

/** An event of the monitor, such as `RESET` or `SHUTDOWN`. */
export interface QmpEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

const Reply = z.union([
  z.object({QMP: z.unknown()}),
  z.object({id: z.int(), return: z.unknown()}),
  z.object({id: z.int().optional(), error: z.object({class: z.string(), desc: z.string()})}),
  z.object({event: z.string(), data: z.record(z.string(), z.unknown()).default({})}),
])

/** The QEMU Machine Protocol on an open connection (QEMU docs/interop/qmp-spec). */
export class QmpClient {
  readonly #stream: Duplex
  readonly #waiting = new Map<number, {resolve(value: unknown): void; reject(error: Error): void}>()
  readonly #listeners = new Set<(event: QmpEvent) => unknown>()
  #nextId = 0
  #closed = false
  #rest = ''

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#receive(text))
    stream.on('error', () => this.#close())
    stream.on('close', () => this.#close())
  }

  /** Ends the capabilities negotiation of a new connection, before which no other command is accepted. */
  async start(): Promise<void> {
    await this.execute('qmp_capabilities')
  }

  /** Runs one command and returns its result, not parsed. Fails with MACHINE_FAILED. */
  execute(command: string, argumentsOf: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#closed) return Promise.reject(gone(command))
    const id = this.#nextId++
    const {promise, resolve, reject} = Promise.withResolvers<unknown>()
    this.#waiting.set(id, {
      resolve,
      reject: (error) => reject(error.message === '' ? gone(command) : refused(command, error.message)),
    })
    this.#stream.write(`${JSON.stringify({execute: command, arguments: argumentsOf, id})}\n`)
    return promise
  }

  /** Calls back for each event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => unknown): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** True as soon as an event passes the test, false when none did in time or the machine has ended. */
  waitForEvent(test: (event: QmpEvent) => boolean, timeoutMs: number): Promise<boolean> {
    const {promise, resolve} = Promise.withResolvers<boolean>()
    const stop = this.onEvent((event) => test(event) && resolve(true))
    const timer = setTimeout(() => resolve(false), timeoutMs)
    const close = () => resolve(false)
    this.#stream.once('close', close)
    return promise.finally(() => {
      stop()
      clearTimeout(timer)
      this.#stream.off('close', close)
    })
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') this.#dispatch(line)
  }

  #dispatch(line: string): void {
    const reply = Reply.parse(JSON.parse(line))
    if ('event' in reply) {
      for (const listener of this.#listeners) listener(reply)
    } else if ('error' in reply) {
      this.#take(reply.id)?.reject(new Error(reply.error.desc))
    } else if ('id' in reply) {
      this.#take(reply.id)?.resolve(reply.return)
    }
  }

  #take(id: number | undefined) {
    if (id === undefined) return undefined
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #close(): void {
    this.#closed = true
    for (const {reject} of this.#waiting.values()) reject(new Error(''))
    this.#waiting.clear()
  }
}

const gone = (command: string): HaosError =>
  new HaosError('MACHINE_FAILED', `the machine ended before it could answer ${command}`, {
    hint: 'Read the console log: the guest may have powered off, or QEMU may have failed.',
  })

const refused = (command: string, reason: string): HaosError =>
  new HaosError('MACHINE_FAILED', `the machine refused ${command}: ${reason}`, {
    hint: 'Check the options of the call against the devices that the machine has.',
  })
