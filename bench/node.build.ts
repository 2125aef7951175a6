import {debian, defineImage, file, symlink} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

/** A node with a program in place of k3s, for bench/node.ts: says on the console that it was started, and stays. */
export default defineImage({
  name: 'haos',
  version: '0.1.0',
  date: '2026-11-01',
  arch: ['amd64'],
  base: debian({suite: 'trixie'}),
  kernel: nodeKernel(),
  boot: bootMenu({timeoutSeconds: 1, cmdline: ['quiet', 'norandmaps', 'no_timer_check']}),
  parts: [base(), file('/usr/bin/k3s', {from: 'k3s', mode: '0755'}), symlink('/usr/bin/kubectl', 'k3s')],
  config: {hostname: 'node', haos: {password: 'geheim', k3s_args: ['server'], ntp_servers: ['10.0.2.2']}},
})
