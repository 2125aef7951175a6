/** An image in a registry. */
export interface ImageReference {
  /** Host of the registry, with its port if that is not the usual one. */
  readonly registry: string
  readonly repository: string
  /** Tag or digest that is asked for. The digest wins. */
  readonly reference: string
  /** Digest that the image must have. */
  readonly digest: string | undefined
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const pattern = new RegExp(
  `^(?<registry>[A-Za-z0-9.-]+(?::\\d+)?|\\[[0-9a-fA-F:]+\\](?::\\d+)?)/(?<repository>${component}(?:/${component})*)` +
    '(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$',
)

/**
 * Parses `registry.example/name:tag@sha256:…` (OCI distribution specification, "Pulling manifests"). Without a tag and a digest,
 * the tag is `latest`. Throws an Error that says how to write it.
 */
export function parseImageReference(text: string): ImageReference {
  const {registry = '', repository = '', tag, digest} = pattern.exec(text)?.groups ?? {}
  // Docker would take the first part for a user of its own registry.
  if (!/[.:]|^localhost$/.test(registry) || repository === '')
    throw new Error(
      `--image: "${text}" is not the name of an image with its registry: write registry.example.com/name:tag, with @sha256:… for a certain one`,
    )
  return {
    registry: registry === 'docker.io' ? 'registry-1.docker.io' : registry,
    repository,
    reference: digest ?? tag ?? 'latest',
    digest,
  }
}

/** Whether a registry is on this machine. */
export const isLocalRegistry = (registry: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(registry)
