import {hidden, type ImageSpec, isSecretName} from '#dsl'

/** An image without the credentials of its registries, which are those of a service that others share. */
export function hideRegistrySecrets({kubernetes, ...spec}: ImageSpec): unknown {
  if (kubernetes?.registries === undefined) return {...spec, kubernetes}
  return {...spec, kubernetes: {...kubernetes, registries: hideValues(kubernetes.registries)}}
}

/** The options of a step without the content of registries.yaml. */
export function hideRegistryFiles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideRegistryFiles)
  if (!isRecord(value)) return value
  const {path} = value
  if (typeof path === 'string' && /^\/etc\/rancher\/[^/]+\/registries\.yaml$/.test(path))
    return {...value, content: {text: hidden}}
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hideRegistryFiles(inner)]))
}

/** Hides the values of keys with the name of a secret, and a text `auth`, which is user name and password in one. */
function hideValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideValues)
  if (!isRecord(value)) return value
  const isSecret = (key: string, inner: unknown) => typeof inner === 'string' && (isSecretName(key) || key === 'auth')
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSecret(key, inner) ? hidden : hideValues(inner)]),
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
