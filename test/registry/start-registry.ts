import {spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'
import {listen} from '../listen.ts'
import {findRegistry} from './container-tools.ts'

/** A registry on the loopback address. A guest reaches it at 10.0.2.2. */
export interface Registry {
  /** Host and port. */
  readonly host: string
  readonly port: number
  close(): void
}

/** Starts Debian's docker-registry, which keeps its files in a directory. */
export async function startRegistry(directory: string): Promise<Registry> {
  const {path, env, reason} = findRegistry()
  if (path === undefined) throw new Error(reason)
  const port = await freePort()
  mkdirSync(join(directory, 'files'), {recursive: true})
  const config = join(directory, 'config.yml')
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: ${directory}/files}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
  )
  const child = spawn(path, ['serve', config], {env, stdio: 'ignore'})
  const host = `127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    if (
      await fetch(`http://${host}/v2/`).then(
        ({ok}) => ok,
        () => false,
      )
    )
      break
    if (attempt > 300) throw new Error('the registry does not answer')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {host, port, close: () => void child.kill('SIGKILL')}
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
