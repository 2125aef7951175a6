import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'
import {execa} from 'execa'
import {narrowTypes} from './narrow-types.ts'
import {bundleEntries, programBundle} from './program-bundle.ts'

// `npm pack` runs this: dist/ is what the published package starts, because Node strips no types below node_modules.

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
const outdir = join(repository, 'dist')
rmSync(outdir, {recursive: true, force: true})

const {testing, ...others} = bundleEntries
const {metafile} = await build({
  ...programBundle({
    repository,
    outdir,
    // Files that the program reads have the same paths in the package as in the repository.
    urlOf: (path) => `new URL(${JSON.stringify(`../${relative(repository, path)}`)}, bundleUrl).href`,
  }),
  entryPoints: {...others, start: 'bin/start-distribution.ts', 'require-node': 'bin/require-node.ts', machine: testing},
  // Code that an old Node can parse can print a readable refusal.
  target: 'node20',
})
// Modules are evaluated in the order in which they are imported.
writeFileSync(join(outdir, 'testing.js'), "import './require-node.js'\nexport * from './machine.js'\n")
writeFileSync(join(outdir, 'THIRD-PARTY.txt'), renderLicences(Object.keys(metafile.inputs)))

const tsc = join(repository, 'node_modules/typescript/bin/tsc')
await execa(process.execPath, [tsc, '--project', join(repository, 'bin/tsconfig.types.json')], {stdio: 'inherit'})
narrowTypes(join(outdir, 'types'))

/** The licences of the packages in the bundle, which must be distributed with it. */
function renderLicences(inputs: readonly string[]): string {
  const packages = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  const texts = [...new Set(packages)].sort().flatMap((folder) => {
    const [licence] = globSync('{LICENSE,LICENCE,license}*', {cwd: join(repository, folder)})
    return licence === undefined
      ? []
      : [`${folder.replace(/^.*node_modules\//, '')}\n\n${readFileSync(join(repository, folder, licence), 'utf8')}`]
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
