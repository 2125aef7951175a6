import {debian, defineImage, input, k3s} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

/** The image of the quick start: Debian packages, so that it builds wherever a Debian mirror is in reach. */
export default defineImage(
  {
    kernel: input.choice(['generic', 'cloud'], 'generic'),
    kubernetes: input.choice(['k3s', 'none'], 'k3s'),
    // Fetched by the node at its first boot, and checked there: the image then builds without reaching the release host.
    ship: input.choice(['first-boot', 'embedded'], 'first-boot'),
  },
  (inputs) => ({
    name: 'haos',
    version: '0.1.0',
    date: '2026-11-01',
    arch: ['amd64', 'arm64'],
    base: debian({suite: 'trixie'}),
    kernel: nodeKernel({flavour: inputs.kernel}),
    ...(inputs.kubernetes === 'k3s' && {
      kubernetes: k3s({
        version: 'v1.34.3+k3s1',
        ship: inputs.ship,
        sha256: {
          amd64: 'f95350e3997165974d1d1406f01aabaf869aed7ca790cc2d83a92a82f26a06c5',
          arm64: 'fa37b06df7ae82b46de6679a8682b6ece2adf531709bed6299086716c1038147',
          arm: 'e75d12a5c481e96372b112dc20faa9a64f1b73069897012b025b976bd359de3d',
        },
      }),
    }),
    boot: bootMenu(),
    parts: [base()],
    config: {},
  }),
)
