import {debian, defineImage, input, k3s, rke2} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

/** A node of either product, with a stand-in for its Kubernetes that a server on the host provides. */
export default defineImage(
  {
    product: input.choice(['haos', 'rke2os']),
    version: input.text('0.1.0'),
    mirror: input.text(),
    sha256: input.text(),
  },
  ({product, version, mirror, sha256}) => {
    const program = {mirror, sha256: {amd64: sha256}}
    return {
      // Its packages are those of the quick start, which pins them.
      name: 'haos',
      version,
      date: '2026-11-01',
      arch: ['amd64'],
      identity: product,
      base: debian({suite: 'trixie'}),
      kernel: nodeKernel(),
      kubernetes:
        product === 'haos'
          ? k3s({...program, version: 'v1.34.3+k3s1'})
          : rke2({...program, version: 'v1.34.3+rke2r1', profile: 'cis', config: {cni: 'canal'}}),
      // Random addresses are slow under emulation.
      boot: bootMenu({timeoutSeconds: 1, cmdline: ['norandmaps', 'no_timer_check']}),
      parts: [base()],
      config: {hostname: 'node1', [product]: {password: 'geheim'}},
    }
  },
)
