import {mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {encodeNodesFile} from '#formats'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallInitrd} from '../../test/small-initrd.ts'
import type {MediumChanges} from '../medium.ts'
import {describeMedium, remaster} from '../remaster.ts'

const tools = {toolbox: new Toolbox(), signal: new AbortController().signal}
const change = (input: string, changes: MediumChanges, output?: string) => remaster({input, output, changes, ...tools})

const script = `#!ipxe
:menu
menu HAOS 1
item entry0 HAOS live
item entry1 HAOS install
choose --default entry0 --timeout 5000 entry && goto \${entry} || shell
:entry0
kernel vmlinuz initrd=initrd console=tty1 quiet \${args} || goto failed
initrd initrd || goto failed
boot || goto failed
:entry1
kernel vmlinuz initrd=initrd console=tty1 haos.mode=install \${args} || goto failed
initrd initrd || goto failed
boot || goto failed
:failed
prompt && goto menu
`

/** A directory as `haos-build pxe` makes it, and one with the name without the version, which contains symlinks. */
async function makeDirectory(
  kernel: string | Uint8Array = 'kernel',
): Promise<{readonly directory: string; readonly links: string}> {
  const scratch = scratchDirectory()
  const [directory, links] = [join(scratch, 'haos-1-pxe'), join(scratch, 'haos-pxe')]
  for (const path of [directory, links]) mkdirSync(path)
  const files = {'boot.ipxe': script, vmlinuz: kernel, initrd: readFileSync(await makeSmallInitrd())}
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content, {mode: 0o444})
    symlinkSync(join('../haos-1-pxe', name), join(links, name))
  }
  return {directory, links}
}

const contentOf = (directory: string) =>
  readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'latin1')])

test('the configs of many nodes are in the initrd of the directory, and a reset removes them', async () => {
  const {directory, links} = await makeDirectory()
  const built = contentOf(directory)
  const nodes = encodeNodesFile([{name: 'a', match: {mac: ['52:54:00:12:34:56']}, config: {hostname: 'edge'}}])
  await change(links, {nodes})

  expect(Buffer.from((await describeMedium(directory, tools)).nodes ?? []).equals(nodes)).toBe(true)
  expect(Buffer.from((await describeMedium(join(directory, 'initrd'), tools)).nodes ?? []).equals(nodes)).toBe(true)
  await change(links, {reset: true})
  expect(contentOf(directory)).toEqual(built)
})

test('script and config are changed through symlinks, and a reset restores the original bytes', async () => {
  const {directory, links} = await makeDirectory()
  const built = contentOf(directory)
  await change(links, {
    arguments: {append: ['haos.hostname=wanted', 'init_cmd=echo a'], replace: ['haos.mode=live'], entries: [1]},
    menuDefault: 1,
    timeoutSeconds: 0,
  })
  const changed = await change(links, {arguments: {remove: ['quiet']}, config: Buffer.from('hostname: other\n')})

  expect(changed).toMatchObject({
    kind: 'pxe',
    default: 1,
    timeoutSeconds: 0,
    config: 'hostname: other\n',
    changed: true,
  })
  const text = readFileSync(join(directory, 'boot.ipxe'), 'utf8')
  expect(text).toContain('kernel vmlinuz initrd=initrd console=tty1 ${args} || goto failed\n')
  expect(text).toContain(
    'kernel vmlinuz initrd=initrd console=tty1 haos.mode=live haos.hostname=wanted "init_cmd=echo a" ${args} || goto failed\n',
  )
  expect(text).toContain('choose --default entry1 --timeout 1 entry && goto ${entry} || shell\n')

  expect(await change(links, {reset: true})).toMatchObject({changed: false, default: 0})
  expect(contentOf(directory)).toEqual(built)
})

test('no entry gets a longer command line than a kernel of the architecture accepts', async () => {
  const arguments_ = {append: [`x=${'a'.repeat(1000)}`]}
  const kernelWith = (offset: number, magic: string) => {
    const kernel = Buffer.alloc(4096)
    kernel.write(magic, offset, 'latin1')
    return kernel
  }
  for (const kernel of [kernelWith(0x202, 'HdrS'), kernelWith(0x38, 'ARM\x64')])
    await change((await makeDirectory(kernel)).directory, {arguments: arguments_})

  await expect(
    change((await makeDirectory(kernelWith(0x24, '\x18\x28\x6f\x01'))).directory, {arguments: arguments_}),
  ).rejects.toMatchObject({message: expect.stringContaining('the kernel accepts 1023')})
})

test('all arguments of an entry can be removed, and others added', async () => {
  const {directory} = await makeDirectory()
  await change(directory, {arguments: {remove: ['console', 'quiet'], entries: [0]}})
  const {entries} = await change(directory, {arguments: {append: ['panic=9'], entries: [0]}})

  expect(entries.map((entry) => entry.arguments.join(' '))).toEqual(['panic=9', 'console=tty1 haos.mode=install'])
})

test('a new directory is made, which can be reset, and the old one stays unchanged', async () => {
  const {directory} = await makeDirectory()
  const built = contentOf(directory)
  const output = join(scratchDirectory(), 'node1')
  await change(directory, {arguments: {append: ['quiet']}, config: Buffer.from('hostname: node1\n')}, output)

  expect(contentOf(directory)).toEqual(built)
  expect(await describeMedium(output, tools)).toMatchObject({config: 'hostname: node1\n', changed: true})
  await change(output, {reset: true})
  expect(contentOf(output)).toEqual(built)
  await expect(change(directory, {menuDefault: 1}, output)).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE'})
  expect(contentOf(output)).toEqual(built)
})

test('a script that was replaced manually is unrelated to the kept original', async () => {
  const {directory} = await makeDirectory()
  await change(directory, {arguments: {append: ['quiet']}})
  const other = script.replace('HAOS 1', 'HAOS 2')
  writeFileSync(join(directory, 'boot.ipxe'), other)
  expect(await describeMedium(directory, tools)).toMatchObject({changed: false})
  await change(directory, {menuDefault: 1})
  await change(directory, {reset: true})

  expect(readFileSync(join(directory, 'boot.ipxe'), 'utf8')).toBe(other)
})

test('the partial directory of a killed process is removed', async () => {
  const {directory} = await makeDirectory()
  const parent = scratchDirectory()
  mkdirSync(join(parent, 'node1.abcdef.4194305.half/below'), {recursive: true})
  await change(directory, {menuDefault: 1}, join(parent, 'node1'))

  expect(readdirSync(parent)).toEqual(['node1'])
})

test('words that iPXE would interpret are refused, and so is another directory', async () => {
  const {directory} = await makeDirectory()
  const other = scratchDirectory()
  const built = contentOf(directory)

  for (const word of ['a=${net0/mac}', '||', 'a="b'])
    await expect(change(directory, {arguments: {append: [word]}})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  const long = `x=${'a'.repeat(1985)}`
  await expect(change(directory, {arguments: {append: [long]}})).resolves.toMatchObject({changed: true})
  await expect(change(directory, {arguments: {append: ['y=123456789']}})).rejects.toThrow(/would be 20\d\d bytes/)
  await change(directory, {reset: true})
  await expect(change(directory, {menuDefault: 2})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(other, {menuDefault: 0})).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
  expect(contentOf(directory)).toEqual(built)
})
