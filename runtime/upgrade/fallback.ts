import {type Identity, labelDomain, versionTag} from '#dsl'
import type {CommandContext} from '../cli/command-context.ts'
import {type Host, mkdirAll} from '../host/host.ts'
import {kubectlOf, kubeletConfig, nodeName} from '../kubernetes/readiness.ts'
import {failureFile} from './installed.ts'
import type {Place} from './place.ts'

/** A version that failed does not say why if it did not get that far. */
const unknownReason = 'it did not start'

/** Keeps the reason of a failed trial with its release, and shows it at the login (issue(5)). */
export function recordFallback({host, identity}: CommandContext, place: Place, failed: string): void {
  const path = `${place.paths.release.of(failed)}/${failureFile}`
  const reason = host.read(path)?.trim() || unknownReason
  mkdirAll(host, place.paths.release.of(failed))
  host.write(path, `${reason}\n`)
  const line = `${identity.title} ${failed} has failed and is not used: ${reason}. This is the previous version.`
  const issue = host.read('/etc/issue') ?? ''
  if (!issue.includes(line)) host.write('/etc/issue', `${issue.trimEnd()}\n${line}\n\n`)
}

/** Tries this long to tell the cluster, in attempts of ten seconds. */
const attempts = 180

/** Labels and annotates the node of the cluster, once that runs. */
export function announceFallback({host, identity}: CommandContext, place: Place, failed: string): void {
  if (!isOfCluster(host, identity)) return
  const reason = host.read(`${place.paths.release.of(failed)}/${failureFile}`)?.trim() ?? unknownReason
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (mark(host, identity, {version: `=${versionTag(failed)}`, reason: `=${reason}`})) return
    host.sleep(10_000)
  }
}

/** Takes back what an earlier version has made the node say. A cluster that does not answer keeps it. */
export function withdrawFallback({host, identity}: CommandContext): void {
  if (isOfCluster(host, identity)) mark(host, identity, {version: '-', reason: '-'})
}

const isOfCluster = (host: Host, {kubernetes}: Identity): boolean =>
  host.lstat(`/etc/init.d/${kubernetes}`) !== undefined

/** Changes label and annotation; `-` removes them (kubectl label). Returns whether that was possible. */
function mark(
  host: Host,
  identity: Identity,
  {version, reason}: {readonly version: string; readonly reason: string},
): boolean {
  const {kubernetes: name} = identity
  const domain = labelDomain(identity)
  const kubectl = [...kubectlOf(host, name), '--kubeconfig', kubeletConfig(name), '--request-timeout=5s']
  const node = ['--overwrite', 'node', nodeName(host)]
  return (
    host.run([...kubectl, 'label', ...node, `${domain}/failed-version${version}`]).status === 0 &&
    host.run([...kubectl, 'annotate', ...node, `${domain}/failed-reason${reason}`]).status === 0
  )
}
