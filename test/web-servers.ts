import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'
import {onTestFinished} from 'vitest'
import {listen} from './listen.ts'
import {scratchDirectory} from './scratch.ts'
import {unpackedPackages} from './unpacked-packages.ts'

/** Web servers for whose settings there are tests. */
export type WebServer = 'nginx' | 'caddy'

/** Why Debian's package of a web server cannot be had; undefined if it is there. */
export function whyNoWebServer(server: WebServer): string | undefined {
  const {directory, reason} = unpackedPackages(`test-${server}`, [server])
  if (directory === undefined) return `no ${server}: ${reason}`
  return existsSync(programOf(server, directory)) ? undefined : `no ${server} in its package`
}

/** Starts a web server with lines in the settings of its one site, for the time of a test, and returns its URL. */
export async function startWebServer(server: WebServer, lines: string): Promise<string> {
  const {directory = ''} = unpackedPackages(`test-${server}`, [server])
  const [scratch, port] = [scratchDirectory(), await freePort()]
  const file = join(scratch, server)
  writeFileSync(file, server === 'nginx' ? nginxSettings(scratch, port, lines) : caddySettings(port, lines))
  const argv =
    server === 'nginx'
      ? ['-p', scratch, '-c', file, '-e', join(scratch, 'errors')]
      : ['run', '--adapter', 'caddyfile', '--config', file]
  const child = spawn(programOf(server, directory), argv, {stdio: 'ignore', env: {...process.env, HOME: scratch}})
  onTestFinished(() => void child.kill())
  await answering(child, `http://127.0.0.1:${port}`)
  return `http://127.0.0.1:${port}`
}

const programOf = (server: WebServer, directory: string): string =>
  join(directory, server === 'nginx' ? 'usr/sbin/nginx' : 'usr/bin/caddy')

function nginxSettings(scratch: string, port: number, lines: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${scratch};`)
  return `daemon off; master_process off; pid ${scratch}/pid; events {}
http { access_log off; ${temporary.join(' ')}
server { listen 127.0.0.1:${port}; root ${scratch}/nothing;
${lines}}
}
`
}

const caddySettings = (port: number, lines: string): string =>
  `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n${lines}respond 404\n}\n`

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer !== undefined) return
    if (child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${child.spawnfile} does not answer`)
}
