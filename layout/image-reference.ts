const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const pattern = new RegExp(
  `^(?<registry>[A-Za-z0-9.-]+(?::\\d+)?|\\[[0-9a-fA-F:]+\\](?::\\d+)?)/(?<repository>${component}(?:/${component})*)` +
    '(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$',
)

/** An image in a registry. */
export interface ImageReference {
  /** Host of the registry, with its port if that is not the usual one. */
  readonly registry: string
  readonly repository: string
  readonly tag: string | undefined
  /** Digest that the image must have. */
  readonly digest: string | undefined
  /** Whether the registry is on this machine, which is asked without encryption. */
  readonly isLocal: boolean
}

/**
 * Parses `registry.example/name:tag@sha256:…` (OCI distribution specification, "Pulling manifests"). Undefined if it is none, or has no
 * registry, of which Docker would think its own. Pure.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const {registry, repository, tag, digest} = pattern.exec(text)?.groups ?? {}
  if (registry === undefined || repository === undefined || !/[.:]|^localhost$/.test(registry)) return undefined
  return {
    registry: registry === 'docker.io' ? 'registry-1.docker.io' : registry,
    ...{repository, tag, digest},
    isLocal: /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(registry),
  }
}
