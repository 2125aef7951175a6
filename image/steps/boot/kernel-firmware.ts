import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {readContent, readTree} from '#formats'
import {modinfo} from '#tools'
import type {FirmwareRecord} from '../../kernel/firmware-record.ts'

const FIRMWARE = '/usr/lib/firmware/'
/** Paths of one call: far fewer bytes than the arguments of a program may have (execve(2)). */
const batchSize = 1000
/** Ten times the memory that modinfo takes for the largest module of a distribution's kernel. */
const maxModinfoBytes = 4 * 1024 ** 3
/** Ten times what modinfo prints for all modules of a distribution's kernel. */
const maxPrintedBytes = 128 * 1024 ** 2

/** Records which firmware the modules of an image ask for, and which it has. */
export const kernelFirmware = defineStep({
  kind: 'kernel-firmware',
  revision: 1,
  summary: 'lists the firmware that kernel modules ask for',
  inputs: {modules: 'tree'},
  output: 'file',
  options: z.strictObject({kernelVersion: z.string()}),
  tools: [modinfo],
  async run({inputs, options: {kernelVersion}, output, scratch, tool}) {
    const version = `/usr/lib/modules/${kernelVersion}/`
    const root = join(scratch, 'modules')
    const modules: string[] = []
    const record: FirmwareRecord = {asked: [], files: [], links: []}
    let builtin = ''
    for await (const {path, type, content, ...entry} of readTree(inputs.modules)) {
      if (path.startsWith(FIRMWARE)) {
        const name = path.slice(FIRMWARE.length)
        if (type === 'file') record.files.push(name)
        if (type === 'symlink') record.links.push({path: name, target: entry.target ?? ''})
      } else if (content !== undefined && path === `${version}modules.builtin.modinfo`) {
        builtin = Buffer.from(await readContent(content)).toString()
      } else if (content !== undefined && path.startsWith(version) && /\.ko(?:\.\w+)?$/.test(path)) {
        const module = path.slice(version.length)
        await mkdir(dirname(join(root, module)), {recursive: true})
        await writeFile(join(root, module), await readContent(content))
        modules.push(module)
      }
    }
    modules.sort()
    const printed = join(scratch, 'printed')
    for (let start = 0; start < modules.length; start += batchSize) {
      const files = modules.slice(start, start + batchSize).map((module) => join(root, module))
      await tool(modinfo, {files}, {stdout: printed, maxFileBytes: maxPrintedBytes, maxMemoryBytes: maxModinfoBytes})
      record.asked.push(...askedOf(await readFile(printed, 'utf8'), root))
    }
    record.asked.push(...askedByBuiltin(builtin))
    await writeFile(output, JSON.stringify({...record, files: record.files.sort()}))
  },
})

/** What modinfo prints: each module starts with its path. */
function askedOf(printed: string, root: string): FirmwareRecord['asked'] {
  const asked = new Map<string, string[]>()
  let module = ''
  for (const field of printed.split('\0')) {
    const path = /^filename:\s+(.+)$/s.exec(field)?.[1]
    if (path !== undefined) module = path.slice(root.length + 1)
    else if (field.startsWith('firmware=')) add(asked, module, field.slice('firmware='.length))
  }
  return listOf(asked)
}

/** `modules.builtin.modinfo`: `MODULE.KEY=VALUE`, ended by NUL (Documentation/kbuild/kbuild.rst). */
function askedByBuiltin(text: string): FirmwareRecord['asked'] {
  const asked = new Map<string, string[]>()
  for (const field of text.split('\0')) {
    const [, module, file] = /^([^.=]+)\.firmware=(.+)$/s.exec(field) ?? []
    if (module !== undefined && file !== undefined) add(asked, module, file)
  }
  return listOf(asked)
}

const add = (asked: Map<string, string[]>, module: string, file: string) =>
  asked.set(module, [...(asked.get(module) ?? []), file])

const listOf = (asked: ReadonlyMap<string, readonly string[]>): FirmwareRecord['asked'] =>
  [...asked].map(([module, files]) => ({module, files: [...new Set(files)].sort()}))
