import {debian, defineImage, file, input, k3s} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

/** `haos-build iso --set kernel=cloud` builds the smaller image that runs in virtual machines only. */
export default defineImage({kernel: input.choice(['generic', 'cloud'], 'generic')}, ({kernel}) => ({
  name: 'my-image',
  version: '0.1.0',
  // Timestamp of everything in the image. Raise it with the version.
  date: '2026-11-01',
  arch: ['amd64', 'arm64'],
  base: debian({packages: []}),
  kernel: nodeKernel({flavour: kernel}),
  // The node fetches it at its first boot and verifies its digest; with `ship: 'embedded'` the image contains it.
  kubernetes: k3s({
    version: 'v1.34.3+k3s1',
    ship: 'first-boot',
    sha256: {
      amd64: 'f95350e3997165974d1d1406f01aabaf869aed7ca790cc2d83a92a82f26a06c5',
      arm64: 'fa37b06df7ae82b46de6679a8682b6ece2adf531709bed6299086716c1038147',
    },
  }),
  boot: bootMenu(),
  parts: [base(), file('/etc/motd', {text: 'built by haos-build\n', replace: true})],
  // The image's own config. Each node may add to it: docs/reference/node-config.md of haos-build.
  config: file('node.yaml'),
}))
