import {relative} from 'node:path'
import {Args} from '@oclif/core'
import {BaseCommand, repository} from '../base-command.ts'
import {startProject} from '../start-project.ts'

export default class Init extends BaseCommand {
  static override summary = 'Start a project: a recipe, its config, a test that boots it, and a workflow for CI.'
  static override description =
    'Writes haos.build.ts, node.yaml, tsconfig.json, test/boot.test.ts, .github/workflows/image.yml and .gitignore, and completes package.json. Files that are there stay as they are.'
  static override examples = [
    {description: 'In this directory', command: '<%= config.bin %> init'},
    {description: 'In a new one', command: '<%= config.bin %> init edge'},
  ]
  static override args = {
    directory: Args.string({ignoreStdin: true, description: 'Where to start it. Default: here.', default: '.'}),
  }

  async run() {
    const {args} = await this.parse(Init)
    const {written, kept} = await startProject(args.directory, {repository})
    for (const path of written) this.log(`✓ ${path}`)
    for (const path of kept) this.log(`– ${path} was there, and is as it was`)
    const place = relative(process.cwd(), args.directory)
    const next = [
      ...(place === '' ? [] : [[`cd ${place}`, '']]),
      ['npm install', 'bring typescript and the types, for an editor and `npm run check`'],
      ['npx haos-build iso', 'pin the packages in haos.lock.json, and build the image into out/'],
      ['npx haos-build run', 'boot it in QEMU, console in this terminal (Ctrl-A x ends it)'],
      ['npm test', 'boot it and ask it what test/boot.test.ts asks'],
    ]
    this.log(`\nNext:\n${next.map(([command = '', what]) => `  ${command.padEnd(20)}${what}`.trimEnd()).join('\n')}`)
    return {type: 'result' as const, written, kept}
  }
}
