/** Every kind of installation. */
const installation = ['runtime/install/', 'layout/', 'image/steps/boot/take-programs.ts']

const alpine = ['sources/alpine/', 'recipes/alpine-base/', 'recipes/alpine-base.ts', 'dsl/alpine-spec.ts']

/**
 * The subjects of each file of the matrix, as prefixes of paths in the repository.
 *
 * Imports do not show them: nearly all of these tests start the command line, which imports everything.
 */
export const subjects: Readonly<Record<string, readonly string[]>> = {
  'test/acceptance/full-disk.matrix.test.ts': ['engine/store/', 'engine/run/', 'engine/http/'],
  'test/acceptance/killed.matrix.test.ts': ['engine/store/', 'engine/run/', 'engine/toolbox/'],
  'test/acceptance/same-store.matrix.test.ts': ['engine/store/'],
  'test/boot/alpine-largest.matrix.test.ts': [...alpine, 'test/image/alpine/', 'recipes/hardened.ts'],
  'test/boot/alpine.matrix.test.ts': [...alpine, 'test/image/alpine/'],
  'test/boot/arm.matrix.test.ts': ['image/boot-loader/', 'image/steps/boot/', 'machine/qemu/'],
  'test/boot/cluster.matrix.test.ts': [
    ...['runtime/services/', 'runtime/kubernetes/', 'runtime/upgrade/', 'image/kubernetes/', 'recipes/base/'],
    ...['targets/update/', 'test/image/cluster/'],
  ],
  'test/boot/cluster-config.matrix.test.ts': ['runtime/cluster/', 'runtime/apply/', 'runtime/services/'],
  'test/boot/config.matrix.test.ts': [
    ...['runtime/appliers/', 'runtime/apply/', 'runtime/config/', 'runtime/services/'],
    ...['dsl/node-config/', 'dsl/node-config.ts', 'test/image/sample/'],
  ],
  'test/boot/data-sources.matrix.test.ts': ['runtime/data-sources/', 'runtime/fetch/', 'runtime/appliers/ca-certs.ts'],
  'test/boot/disk-life.matrix.test.ts': ['runtime/stage0/', 'layout/', 'recipes/base/'],
  'test/boot/disk.matrix.test.ts': [
    ...['targets/disk/', 'targets/plan-disk.ts', 'media/disk/', 'layout/'],
    ...['image/steps/output/', 'formats/disk/', 'formats/ext/'],
  ],
  'test/boot/first-hour.matrix.test.ts': [
    'bin/start-project.ts',
    'bin/template/',
    'bin/make-distribution.ts',
    'docs/first-hour.md',
  ],
  'test/boot/foreign-iso.matrix.test.ts': ['media/iso/', 'media/change-arguments.ts', 'formats/'],
  'test/boot/image.matrix.test.ts': [
    ...['targets/iso/', 'media/iso/', 'formats/iso9660/', 'image/boot-loader/', 'image/steps/'],
    ...['runtime/stage0/', 'recipes/'],
  ],
  'test/boot/hardened.matrix.test.ts': [
    'recipes/hardened.ts',
    'recipes/hardened/',
    'recipes/base/',
    'test/image/sample/',
  ],
  'test/boot/initrd.matrix.test.ts': [
    ...['targets/initrd/', 'targets/live-initrd.ts', 'media/initrd/', 'formats/cpio/', 'image/steps/boot/'],
  ],
  'test/boot/install-by-hand.matrix.test.ts': installation,
  'test/boot/install-elsewhere.matrix.test.ts': installation,
  'test/boot/install-script.matrix.test.ts': [...installation, 'runtime/stage0/local-init'],
  'test/boot/install.matrix.test.ts': installation,
  'test/boot/kubernetes-node.matrix.test.ts': [
    ...['runtime/services/', 'runtime/data-sources/', 'runtime/apply/', 'image/kubernetes/', 'test/image/sample/'],
  ],
  'test/boot/nodes.matrix.test.ts': [
    ...['runtime/config/nodes/', 'runtime/install/', 'media/iso/', 'layout/reserved-area.ts', 'layout/nodes-file.ts'],
    ...['formats/nodes-file.ts', 'bin/load-nodes.ts'],
  ],
  'test/boot/network.matrix.test.ts': [...['runtime/network/', 'dsl/node-config/network/', 'recipes/base/']],
  'test/boot/oci.matrix.test.ts': [
    ...[
      'targets/oci/',
      'formats/oci/',
      'media/oci/',
      'media/registry/',
      'layout/oci.ts',
      'image/steps/output/oci-archive.ts',
    ],
    ...['image/steps/output/container-tools.ts', 'runtime/upgrade/', 'runtime/registry/'],
  ],
  'test/boot/pxe.matrix.test.ts': ['targets/pxe/', 'targets/live-initrd.ts', 'media/pxe/', 'media/initrd/'],
  'test/boot/rootfs.matrix.test.ts': [
    ...['targets/rootfs/', 'image/steps/output/root-tarball.ts', 'runtime/stage0/', 'runtime/upgrade/', 'formats/tar/'],
  ],
  'test/boot/shutdown.matrix.test.ts': ['recipes/base/', 'runtime/services/', 'runtime/stage0/'],
  'test/boot/takeover.matrix.test.ts': ['targets/cloud/', 'media/disk/', 'formats/ext/'],
  'test/boot/upgrade.matrix.test.ts': [
    'runtime/upgrade/',
    'image/signature/',
    'image/steps/output/sign-release.ts',
    'runtime/stage0/',
    'layout/',
    'image/steps/output/release.ts',
  ],
  'test/oci-container.matrix.test.ts': [
    ...[
      'targets/oci/',
      'image/steps/output/container-tools.ts',
      'image/steps/output/oci-archive.ts',
      'runtime/upgrade/',
    ],
    ...alpine,
  ],
  'test/launcher.matrix.test.ts': [
    ...['bin/haos-build', 'bin/with-node', 'bin/install-', 'bin/start', 'package.json', 'package-lock.json'],
  ],
  'test/network/namespaces.matrix.test.ts': ['runtime/network/', 'dsl/node-config/network/'],
  'test/store-abuse.matrix.test.ts': ['engine/store/', 'engine/run/'],
}
