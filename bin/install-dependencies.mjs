// Brings node_modules up to package-lock.json: install-dependencies.mjs ROOT
//
// Runs on Node 20 without dependencies. A copy of the lock in node_modules records what is installed.
// It is missing if a user ran npm, so npm's own record is compared first: nothing is installed twice, and no
// linked package is removed.
import {execFileSync} from 'node:child_process'
import {accessSync, constants, copyFileSync, existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const [root] = process.argv.slice(2)
const modules = join(root, 'node_modules')
const lock = join(root, 'package-lock.json')
const stamp = join(modules, '.haos-build.lock')

const say = (message) => process.stderr.write(`haos-build: ${message}\n`)
const fail = (message, hint) => {
  say(message)
  say(`hint: ${hint}`)
  process.exit(4)
}

/** Packages by path, as a lock file lists them; nothing if there is no such file. */
const packagesOf = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined)

/** Whether npm's record of node_modules has every package of the lock. Optional packages include those of other platforms. */
function isInstalled() {
  const installed = packagesOf(join(modules, '.package-lock.json'))
  if (!installed) return false
  return Object.entries(packagesOf(lock)).every(([place, wanted]) => {
    if (place === '' || wanted.link) return true
    const there = installed[place]
    return there
      ? there.version === wanted.version && there.integrity === wanted.integrity
      : Boolean(wanted.optional ?? wanted.devOptional)
  })
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const writable = isWritable(existsSync(modules) ? modules : root)
// Another launcher may have done it while this one waited for the lock.
if (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(lock))) process.exit(0)
if (isInstalled()) {
  if (writable) copyFileSync(lock, stamp)
  process.exit(0)
}

const why = existsSync(modules) ? 'package-lock.json has changed' : 'they are not installed yet'
if (!writable)
  fail(`must install npm packages in ${root} (${why}), but may not write there`, `Run \`npm ci\` there as its owner.`)
say(`installs npm packages in ${modules}, because ${why}`)
try {
  // No install scripts: the only one is esbuild's, an optimization.
  const options = [
    '--ignore-scripts',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    // An unreachable registry is reported after seconds; npm's own pauses are 10 and 60 seconds.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
    '--loglevel=error',
  ]
  execFileSync('npm', ['ci', ...options], {cwd: root, stdio: ['ignore', 'ignore', 'inherit']})
} catch (error) {
  if (error.code === 'ENOENT') fail('needs npm, and finds none on PATH', 'Run `apt-get install npm` as root.')
  fail('could not install npm packages', `Check that npm reaches its registry, then run \`npm ci\` in ${root}.`)
}
copyFileSync(lock, stamp)
