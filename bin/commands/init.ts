import {relative} from 'node:path'
import {Args} from '@oclif/core'
import {BaseCommand, repository} from '../base-command.ts'
import {startProject} from '../start-project.ts'

export default class Init extends BaseCommand {
  static override summary = 'Start a project: a recipe, its config, a test that boots it, and a workflow for CI.'
  static override description =
    'Writes haos.build.ts, node.yaml, tsconfig.json, test/boot.test.ts, .github/workflows/image.yml and .gitignore, and completes package.json. Existing files stay unchanged.'
  static override examples = [
    {description: 'In this directory', command: '<%= config.bin %> init'},
    {description: 'In a new directory', command: '<%= config.bin %> init edge'},
  ]
  static override args = {
    directory: Args.string({
      ignoreStdin: true,
      description: 'Directory of the project. Default: the current one.',
      default: '.',
    }),
  }

  async run() {
    const {args} = await this.parse(Init)
    const {written, kept} = await startProject(args.directory, {repository})
    for (const path of written) this.log(`✓ ${path}`)
    for (const path of kept) this.log(`– ${path} existed, and is unchanged`)
    const place = relative(process.cwd(), args.directory)
    const next = [
      ...(place === '' ? [] : [[`cd ${place}`, '']]),
      ['npm install', 'install typescript and the types, for an editor and `npm run check`'],
      ['npx haos-build iso', 'pin the packages in haos.lock.json, and build the image into out/'],
      ['npx haos-build run', 'boot it in QEMU, with its console in this terminal (Ctrl-A x ends it)'],
      ['npm test', 'boot it and run the checks of test/boot.test.ts'],
    ]
    this.log(`\nNext:\n${next.map(([command = '', what]) => `  ${command.padEnd(20)}${what}`.trimEnd()).join('\n')}`)
    return {type: 'result' as const, written, kept}
  }
}
