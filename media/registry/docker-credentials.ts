import {spawn} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {errnoOf} from '#engine'

/** The part of Docker's config.json that says who one is (docker login, "Credential stores"). */
const DockerConfig = z.object({
  auths: z.record(z.string(), z.object({auth: z.string().optional(), identitytoken: z.string().optional()})).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
})

/** What a credential helper prints (docker-credential-helpers, "get"). */
const HelperAnswer = z.object({Username: z.string(), Secret: z.string()})

/** Who pushes: a user, or a token that stands for one. */
export type Credentials = {readonly user: string; readonly password: string} | {readonly refreshToken: string}

/**
 * Reads the credentials for a registry as Docker does: from a credential helper if one is configured, else from the file itself.
 * Undefined if there are none. Fails with CONFIG_INVALID if the file is damaged, with TOOL_FAILED if the helper fails.
 */
export async function dockerCredentials(registry: string, file?: string): Promise<Credentials | undefined> {
  const path = file ?? join(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json')
  const config = await loadConfig(path, file !== undefined)
  const names =
    registry === 'registry-1.docker.io' ? ['https://index.docker.io/v1/', 'docker.io', registry] : [registry]
  for (const name of names) {
    const helper = config.credHelpers?.[name] ?? config.credsStore
    const found = helper === undefined ? undefined : await askHelper(helper, name)
    if (found !== undefined) return found
    for (const spelling of [name, `https://${name}`, `http://${name}`]) {
      const {auth, identitytoken} = config.auths?.[spelling] ?? {}
      if (identitytoken) return {refreshToken: identitytoken}
      if (auth) return decode(auth, path)
    }
  }
  return undefined
}

async function loadConfig(path: string, isNamed: boolean): Promise<z.output<typeof DockerConfig>> {
  try {
    return DockerConfig.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !isNamed) return {}
    throw new HaosError('CONFIG_INVALID', `the credentials in ${path} cannot be read`, {
      at: path,
      hint: "Write a file like Docker's config.json, or let `docker login` write it.",
      cause: error,
    })
  }
}

function decode(auth: string, path: string): Credentials {
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon > 0) return {user: text.slice(0, colon), password: text.slice(colon + 1)}
  throw new HaosError('CONFIG_INVALID', `an "auth" in ${path} is no user and password in base64`, {
    at: path,
    hint: 'Let `docker login` write it again.',
  })
}

async function askHelper(helper: string, registry: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`
  const {status, output} = await run(program, registry)
  if (status !== 0) {
    // That of all helpers for a registry that they do not know.
    if (/credentials not found/i.test(output)) return undefined
    throw helperFailed(program, output.trim().split('\n').at(-1) || `status ${status}`)
  }
  const answer = HelperAnswer.safeParse(parseJson(output))
  if (!answer.success) throw helperFailed(program, 'it printed no credentials')
  const {Username: user, Secret: secret} = answer.data
  return user === '<token>' ? {refreshToken: secret} : {user, password: secret}
}

const run = (program: string, input: string): Promise<{status: number | null; output: string}> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {stdio: ['pipe', 'pipe', 'ignore']})
    let output = ''
    child.stdout.on('data', (piece) => (output += String(piece)))
    child.on('error', (error) => reject(helperFailed(program, error.message)))
    child.on('close', (status) => resolve({status, output}))
    // It may end without reading.
    child.stdin.on('error', () => {})
    child.stdin.end(`${input}\n`)
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const helperFailed = (program: string, reason: string): HaosError =>
  new HaosError('TOOL_FAILED', `${program} gave no credentials: ${reason}`, {
    at: program,
    hint: "It is named in Docker's config.json: run `docker login` again, or name another file with --credentials.",
  })
