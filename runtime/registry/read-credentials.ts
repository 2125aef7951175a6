import * as z from 'zod/mini'
import type {Host} from '../host/host.ts'

/** The part of Docker's config.json that contains credentials (docker login, "Credential stores"). */
const DockerConfig = z.object({
  auths: z.optional(z.record(z.string(), z.object({auth: z.optional(z.string())}))),
})

/**
 * Reads the credentials for a registry from a file in the format of Docker's config.json: user and password, in base64, as basic
 * authentication wants them. Throws if the file cannot be read or has none for the registry.
 */
export function readCredentials(host: Host, file: string, registry: string): string {
  const text = host.read(file)
  if (text === undefined) throw new Error(`--credentials: ${file} does not exist`)
  const {auths = {}} = parse(text, file)
  const names = [
    registry,
    `https://${registry}`,
    `http://${registry}`,
    `https://${registry}/v1/`,
    `https://${registry}/v2/`,
  ]
  if (registry === 'registry-1.docker.io') names.push('https://index.docker.io/v1/', 'docker.io')
  const auth = names.map((name) => auths[name]?.auth).find((value) => value !== undefined && value !== '')
  if (auth === undefined)
    throw new Error(
      `--credentials: ${file} has no "auth" for ${registry} in "auths"; programs that keep credentials elsewhere are not asked`,
    )
  return auth
}

function parse(text: string, file: string): z.output<typeof DockerConfig> {
  try {
    return DockerConfig.parse(JSON.parse(text))
  } catch {
    throw new Error(`--credentials: ${file} is not in the format of Docker's config.json`)
  }
}
