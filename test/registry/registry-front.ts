import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {onTestFinished} from 'vitest'

export interface FrontOptions {
  /** How clients have to prove who they are. Default: not at all. */
  readonly auth?: 'basic' | 'token'
  /** `user:password` that is asked for. Default: everybody gets a token. */
  readonly login?: string
  /** Breaks connections, the first so many times that a request of a method has moved more bytes. */
  readonly cut?: {readonly method: string; readonly afterBytes: number; readonly times: number}
}

/** One request as the front saw it. */
export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly status?: number
  /** Size of what the client sent. */
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly range?: string
}

export interface RegistryFront {
  /** Host and port. */
  readonly host: string
  /** Requests that have ended. Wait for a moment after the last one: another process counts them. */
  requests(): Promise<readonly FrontRequest[]>
}

/** Starts a process in front of a registry that watches and disturbs clients, until the test ends. */
export async function startFront(registry: string, options: FrontOptions = {}): Promise<RegistryFront> {
  const program = join(import.meta.dirname, 'front-program.ts')
  const child = spawn(process.execPath, [program, `http://${registry}`, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const seen: FrontRequest[] = []
  const lines = createInterface(child.stdout)
  const [first] = await once(lines, 'line')
  lines.on('line', (line) => seen.push(JSON.parse(line)))
  const {port}: {port: number} = JSON.parse(String(first))
  return {
    host: `127.0.0.1:${port}`,
    async requests() {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return [...seen]
    },
  }
}
