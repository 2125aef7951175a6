import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {digestOfBytes} from '#engine'
import {buildDeb} from '../debian-mirror.ts'
import {emptyModule} from '../empty-module.ts'
import {scratchDirectory} from '../scratch.ts'
import {makeTinyWorld, type TinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const missing = whyNoTinyWorld()
beforeEach(({skip}) => skip(missing !== undefined, missing))

/** The start of a kernel for amd64: Documentation/arch/x86/boot.rst, 1.3. */
const bzImage = Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)])
const armImage = Buffer.concat([Buffer.alloc(0x38), Buffer.from('ARMd'), Buffer.alloc(1024)])
const module = emptyModule(['license=GPL'])

const kernelPart = {'boot/vmlinuz-7.1-own': bzImage, 'boot/config-7.1-own': 'CONFIG_HZ=100\n'}
const modulesPart = {
  'lib/modules/7.1-own/kernel/fs/tiny.ko': module,
  'lib/modules/7.1-own/modules.order': 'kernel/fs/tiny.ko\n',
}

/** Serves a file beside the world's mirror, and returns its `download({…})`. */
function serve(world: TinyWorld, name: string, bytes: Uint8Array): string {
  writeFileSync(join(world.mirror.directory, name), bytes)
  return `download({url: '${world.served.url}/${name}', sha256: '${digestOfBytes(bytes)}'})`
}

const serveDeb = (world: TinyWorld, name: string, files: Readonly<Record<string, string | Uint8Array>>): string =>
  serve(world, `${name}.deb`, readFileSync(buildDeb(join(scratchDirectory(), 'x.deb'), {name, version: '1', files})))

const recipe = (from: string, version = '7.1-own') => ({
  more: `kernel: {initrd: ['tiny'], from: url({version: '${version}', ${from}})},`,
})

async function describe(world: TinyWorld, from: string, version?: string) {
  const place = world.workplace()
  place.writeRecipe(recipe(from, version))
  const locked = await place.run(['lock'])
  expect(locked.status, locked.stderr).toBe(0)
  expect(readFileSync(place.lock, 'utf8')).not.toContain('linux-image')
  return place.run(['kernel', 'info', '--json', '--option', 'HZ'])
}

test('an image is built with a kernel whose packages are named by URL and digest', async () => {
  const world = await makeTinyWorld()
  const debs = [serveDeb(world, 'linux-own', kernelPart), serveDeb(world, 'linux-modules-own', modulesPart)]
  const place = world.workplace()
  place.writeRecipe(recipe(`debs: [${debs.join()}]`))

  const built = await place.run(['iso'])
  expect(built.status, built.stderr).toBe(0)
  const shown = await place.run(['kernel', 'info', '--json', '--offline', '--option', 'HZ'])
  expect(JSON.parse(shown.stdout).kernels).toMatchObject([
    {version: '7.1-own', options: {HZ: '100'}, modules: [{path: 'kernel/fs/tiny.ko'}]},
  ])
  expect(await place.run(['plan', 'iso', '--offline'])).toMatchObject({status: 0})
})

test.for(['gzip', 'xz', 'zstd', undefined])(
  'modules are unpacked from a tar archive, compressed with %s',
  async (pack) => {
    const world = await makeTinyWorld({hollow: true})
    const tree = scratchDirectory()
    for (const [path, bytes] of Object.entries(modulesPart)) {
      mkdirSync(join(tree, path, '..'), {recursive: true})
      writeFileSync(join(tree, path), bytes)
    }
    const words = pack === undefined ? [] : [`--${pack}`]
    const packed = execFileSync('tar', ['--create', ...words, '--directory', tree, './lib'])
    const files = {
      kernel: serve(world, 'bzImage', bzImage),
      modules: serve(world, 'modules.tar', packed),
      systemMap: serve(world, 'System.map', Buffer.from('0 T _text\n')),
      config: serve(world, 'config', Buffer.from('CONFIG_HZ=250\n')),
    }
    const list = Object.entries(files).map(([key, value]) => `${key}: ${value}`)
    const {status, stdout, stderr} = await describe(world, list.join())
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout).kernels).toMatchObject([
      {version: '7.1-own', options: {HZ: '250'}, modules: [{path: 'kernel/fs/tiny.ko'}]},
    ])
  },
)

test('files that are no kernel for the image are refused, and the error says what they are', async () => {
  const world = await makeTinyWorld({hollow: true})
  const whole = serveDeb(world, 'whole', {...kernelPart, ...modulesPart})
  const refused = async (from: string, version?: string): Promise<unknown> => {
    const {status, stdout} = await describe(world, from, version)
    expect(status).toBe(3)
    return JSON.parse(stdout)
  }

  expect(await refused(`debs: [${serveDeb(world, 'no-kernel', modulesPart)}]`)).toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'the files of the kernel contain no kernel 7.1-own',
  })
  expect(await refused(`debs: [${serveDeb(world, 'no-modules', kernelPart)}]`)).toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'the files of the kernel contain no modules for 7.1-own',
  })
  expect(await refused(`debs: [${whole}]`, '7.2')).toMatchObject({
    hint: 'They contain those of 7.1-own: correct `version`.',
  })
  const other = serveDeb(world, 'other', {...modulesPart, 'boot/vmlinuz-7.1-own': armImage})
  expect(await refused(`debs: [${other}]`)).toMatchObject({
    message: 'the kernel 7.1-own is not one for amd64',
    hint: expect.stringContaining('It is one for arm64.'),
  })
  expect(await refused(`debs: [${whole.replace(/sha256: '.{4}/, "sha256: '0000")}]`)).toMatchObject({
    code: 'DIGEST_MISMATCH',
  })
  expect(await refused(`debs: [${serve(world, 'text.deb', Buffer.from('text'))}]`)).toMatchObject({
    message: expect.stringContaining('text.deb is not a valid package'),
  })
})

test.for([
  ['neither packages nor a kernel', '', 'must have `debs`, or `kernel` and `modules`'],
  ['a kernel without modules', "kernel: download({url: 'http://x/y', sha256: 'a'.repeat(64)})", 'must have `debs`'],
] as const)('a recipe that names %s is refused', async ([, from, message]) => {
  const place = (await makeTinyWorld({hollow: true})).workplace()
  place.writeRecipe(recipe(from))
  expect(await place.run(['lock'])).toMatchObject({status: 2, stderr: expect.stringContaining(message)})
})
