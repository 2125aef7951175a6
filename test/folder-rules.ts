/** What the files of a folder may import. */
export interface FolderRule {
  /** One line of the picture in docs/architecture.md. */
  readonly summary: string
  readonly folders: readonly string[]
  /** Modules from outside; `undefined`: any. */
  readonly modules: readonly string[] | undefined
}

/**
 * Which folder may import which, from the lowest to the highest: no import points up or to a neighbour.
 *
 * `tools` is `engine/tools/`, which has its own door.
 */
export const folderRules: Readonly<Record<string, FolderRule>> = {
  dsl: {summary: 'the language of recipes and of config.yaml', folders: [], modules: ['zod']},
  layout: {summary: 'what lies where on medium, disk and node', folders: ['dsl'], modules: ['zod']},
  // It runs in QuickJS, whose own modules are `std` and `os`.
  runtime: {summary: 'the program on the node', folders: ['dsl', 'layout'], modules: ['std', 'os', 'zod', 'js-yaml']},
  // Options of a recipe are described with zod, like everything that users write.
  recipes: {summary: 'what our system is made of', folders: ['dsl'], modules: ['zod']},
  engine: {
    summary: 'runs plans: steps, store, toolbox, http',
    folders: ['dsl'],
    modules: ['node:', 'zod', 'execa'],
  },
  tools: {summary: 'the programs that steps run', folders: ['dsl', 'engine'], modules: ['node:']},
  formats: {
    summary: 'the bytes: tar, cpio, ISO 9660, disks, menus',
    folders: ['dsl', 'layout', 'engine', 'tools'],
    modules: ['node:', 'zod'],
  },
  // Types of Kubernetes' own objects come from the package of models, which only the tests run.
  cluster: {
    summary: 'what a cluster runs to look after its nodes',
    folders: ['dsl'],
    modules: ['zod', 'js-yaml', 'kubernetes-models'],
  },
  image: {
    summary: 'an operating system as steps',
    folders: ['dsl', 'layout', 'engine', 'tools', 'formats', 'cluster'],
    modules: ['node:', 'zod', 'esbuild', '@noble/curves'],
  },
  machine: {
    summary: 'boots an image in QEMU',
    folders: ['dsl', 'layout', 'engine', 'tools', 'formats'],
    modules: ['node:', 'zod', 'execa'],
  },
  media: {
    summary: 'reads and changes finished files',
    folders: ['dsl', 'layout', 'engine', 'tools', 'formats'],
    modules: ['node:', 'zod'],
  },
  sources: {
    summary: 'Debian and Alpine packages',
    folders: ['dsl', 'engine', 'tools', 'formats', 'image'],
    modules: ['node:', 'zod', 'execa', 'openpgp', 'xz-decompress'],
  },
  targets: {
    summary: 'an image becomes an ISO and other files',
    folders: ['dsl', 'layout', 'engine', 'tools', 'formats', 'image', 'machine'],
    modules: ['node:', 'zod', 'js-yaml'],
  },
  bin: {
    summary: 'the command line',
    folders: [
      'dsl',
      'layout',
      'runtime',
      'recipes',
      'engine',
      'tools',
      'formats',
      'cluster',
      'image',
      'machine',
      'media',
      'sources',
      'targets',
    ],
    modules: undefined,
  },
}

/** The folder that a file's rule is under. */
export const folderOf = (path: string): string =>
  path.startsWith('engine/tools/') ? 'tools' : (path.split('/')[0] ?? '')
