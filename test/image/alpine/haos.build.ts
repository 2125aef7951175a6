import {alpine, debian, defineImage, input, k3s} from 'haos-build'
import {alpineBase, bootMenu, hardened, nodeKernel} from 'haos-build/recipes'

/**
 * An image from real Alpine packages, which only some machines have next to the project: `alpine` is their directory,
 * `world` the packages in addition to those that a node needs. The kernel is Debian's, and a stand-in for k3s records how it was run.
 */
export default defineImage(
  {
    alpine: input.text(),
    world: input.text(),
    k3sMirror: input.text(),
    k3sDigest: input.text(),
    /** With all of `hardened()` for which those packages have the programs: neither nft nor auditd. */
    hardened: input.flag(false),
  },
  ({alpine: place, world, k3sMirror, k3sDigest, hardened: isHardened}) => ({
    name: 'haos',
    version: '0.1.0',
    date: '2026-11-01',
    arch: ['amd64'],
    base: alpine({
      mirrors: [place],
      repositories: ['mirror/v3.19.1-iso/main', 'mirror/v3.19/main', 'mirror/v3.19/community', 'extra'],
      keys: [`${place}/keys`, `${place}/extra/haos-build-test-6740e2c1.rsa.pub`],
      packages: world.split(' '),
    }),
    kernel: nodeKernel({from: debian({suite: 'trixie'}), flavour: 'cloud'}),
    kubernetes: k3s({version: 'v1.34.3+k3s1', mirror: k3sMirror, sha256: {amd64: k3sDigest}}),
    // Random addresses are slow under emulation.
    boot: bootMenu({timeoutSeconds: 1, cmdline: ['norandmaps', 'no_timer_check']}),
    parts: [
      alpineBase({size: 'small'}),
      isHardened ? hardened({distribution: 'alpine', firewall: false, audit: false}) : [],
    ],
    config: {
      hostname: 'alpine',
      init_cmd: ['echo initrd >>/run/phases'],
      boot_cmd: ['echo boot >>/run/phases'],
      users: [
        {name: 'ops', doas: ['permit nopass ops cmd id']},
        {name: 'admin', sudo: ['ALL=(ALL) NOPASSWD:ALL'], plain_text_passwd: 'geheim-admin'},
      ],
      run_cmd: ['echo runtime >>/run/phases'],
      haos: {token: 'TOKEN_VALUE', k3s_args: ['server'], ...(isHardened && {password: 'geheim'})},
    },
  }),
)
