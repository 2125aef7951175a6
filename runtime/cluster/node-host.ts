import {hostBelow} from '../host/below.ts'
import type {Host} from '../host/host.ts'

/** Joins all namespaces of the node's first process (nsenter(1)); that of control groups only by the node's own nsenter. */
const enterNode = [
  ...['nsenter', '-t', '1', '-m', '--'],
  ...['nsenter', '-t', '1', '-m', '-u', '-i', '-n', '-p', '-C', '--'],
]

/**
 * Leaves the pod's control group and environment: a service that the program restarts would otherwise end with the pod, and inherit its
 * memory limit.
 */
const asOnNode = [
  'if [ -e /sys/fs/cgroup/cgroup.procs ]; then echo 0 >/sys/fs/cgroup/cgroup.procs',
  'else for group in /sys/fs/cgroup/*/cgroup.procs; do echo 0 >"$group" || :; done; fi 2>/dev/null',
  'exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"',
].join('\n')

/** Certificates of the authorities that a node trusts. */
const bundle = '/etc/ssl/certs/ca-certificates.crt'

/** The node on which a pod runs: its files are below a directory, its programs run in its own namespaces. */
export const nodeHost = (host: Host, root: string): Host =>
  hostBelow(root, host, {
    run: (argv, options) => host.run([...enterNode, 'sh', '-c', asOnNode, 'sh', ...argv], options),
    // The authorities that the node trusts, which those of the pod are not.
    fetch: (url, options) =>
      host.fetch(url, {
        ...options,
        env: {...(host.lstat(root + bundle) && {CURL_CA_BUNDLE: root + bundle}), ...options?.env},
      }),
  })
