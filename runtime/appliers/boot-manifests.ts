import type {BootManifest} from '#dsl'
import {defineApplier, type Node, nonEmpty, outcomeOf, reasonOf} from '../apply/applier.ts'
import {fetchWithRetries} from '../fetch/fetch-with-retries.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

const tries = 5

/**
 * Fetches manifests for the cluster. A manifest that cannot be fetched, or whose checksum differs, is skipped; the
 * others are kept.
 */
export const bootManifests = defineApplier({
  name: 'boot_manifests',
  keys: ['boot_manifests'],
  select: (config) => nonEmpty(config.boot_manifests),
  apply(manifests, node) {
    let changed = false
    manifests.forEach((manifest, index) => {
      try {
        changed = keepManifest(node, manifest) || changed
      } catch (error) {
        node.report({path: node.item('boot_manifests', index), message: `was skipped: ${reasonOf(error)}`})
      }
    })
    return outcomeOf(changed)
  },
})

function keepManifest(node: Node, {url, sha256 = ''}: BootManifest): boolean {
  const [path = ''] = url.split(/[?#]/, 1)
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === '' || name === '.' || name === '..') throw new Error('its URL does not end in a file name')
  const body = fetchWithRetries(node.host, url, {tries, env: node.environment})
  if (body.length === 0) throw new Error('it is empty')
  if (sha256 !== '') {
    const found = node.host.sha256(body)
    if (found !== sha256.toLowerCase()) throw new Error(`its SHA-256 is ${found}`)
  }
  const directory = `/var/lib/rancher/${node.identity.kubernetes}/server/manifests`
  mkdirAll(node.host, directory)
  const file = `${directory}/${name}`
  return writeIfChanged(node.host, file, body, node.host.lstat(file) === undefined ? {mode: 0o600} : {})
}
