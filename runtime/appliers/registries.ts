import {defineApplier, outcomeOf} from '../apply/applier.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {rememberWritten} from './remember-written.ts'

/**
 * Writes registries.yaml of k3s or rke2, instead of the image's. It holds credentials, so only root may read it.
 *
 * Kubernetes reads it at its start only. One that runs already is restarted, which its containers do not notice.
 */
export const registries = defineApplier({
  name: 'registries',
  keys: ['.registries'],
  select: ({node, write_files = []}) => node.registries && {wanted: node.registries, write_files},
  apply({wanted, write_files}, node) {
    const {host, identity} = node
    const {kubernetes: name} = identity
    const path = `/etc/rancher/${name}/registries.yaml`
    // The user's own file is written later in each phase, and wins.
    if (write_files.some((file) => file.path === path)) return 'unchanged'
    mkdirAll(host, `/etc/rancher/${name}`)
    rememberWritten(node, path)
    // JSON is YAML, too.
    const content = `${JSON.stringify(wanted, null, 2)}\n`
    const changed = writeIfChanged(host, path, content, {mode: 0o600, owner: {uid: 0, gid: 0}, replaceLink: true})
    if (changed && host.lstat(`/etc/runlevels/default/${name}`) !== undefined)
      host.run(['rc-service', '--nodeps', '--ifstarted', name, 'restart'], {output: 'discard'})
    return outcomeOf(changed)
  },
})
