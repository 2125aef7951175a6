import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep} from '#engine'
import {contentSize, nativeModule, readContent, readTree, type TreeEntry, writeTree} from '#formats'
import {explainTreeRun, newuidmap, runInTree, storageFor, treeTools} from '#tools'

/**
 * Compiles the node's program to bytecode, by the compiler of the image, since each version of QuickJS reads only its own.
 *
 * Runs it in a sandbox, through qemu-user for a foreign architecture. The result is empty if the image has no compiler: then
 * the program is read as a script. Fails with HOST_UNSUPPORTED if programs of the image cannot run.
 */
export const compileRuntime = defineStep({
  kind: 'compile-runtime',
  revision: 2,
  summary: "compiles the node's program",
  inputs: {packages: 'tree', script: 'file'},
  output: 'file',
  options: z.strictObject({arch: z.enum(['amd64', 'arm64'])}),
  tools: [...treeTools],
  userTools: [newuidmap],
  async run({inputs, options: {arch}, output, scratch, epoch, tool}) {
    const compiler = await Array.fromAsync(filesOfCompiler(inputs.packages))
    if (!compiler.some(({path}) => path === '/usr/bin/qjsc')) return writeFile(output, '')
    const before = join(scratch, 'before.tar')
    await writeTree(before, [...compiler, scriptEntry(await readFile(inputs.script, 'utf8'))], {epoch})
    const storage = storageFor(compiler.reduce((sum, {content}) => sum + contentSize(content), 0))
    const command = ['/usr/bin/qjsc', '-s', '-m', '-c', '-M', 'std', '-M', 'os', '-N', 'program', '-o', '/program.c']
    const after = join(scratch, 'after.tar')
    const run = {storage, arch: emulated[arch], epoch, command: [...command, scriptPath]}
    try {
      await tool(runInTree, run, {stdin: before, stdout: after})
    } catch (error) {
      throw (await explainTreeRun(error, emulated[arch])) ?? error
    }
    return writeFile(output, nativeModule(arch, await readBytecode(after)))
  },
})

const emulated = {amd64: 'x86_64', arm64: 'aarch64'} as const

const scriptPath = '/program.js'

/** Without the line for the kernel: the compiler takes the file for a module anyway. */
const scriptEntry = (script: string): TreeEntry => ({
  path: scriptPath,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  content: {bytes: Buffer.from(script.replace(/^#!.*/, ''))},
})

/** The compiler with its libraries, a shell, which the sandbox starts first, and the links and directories that lead to them. */
async function* filesOfCompiler(tree: string): AsyncGenerator<TreeEntry> {
  for await (const entry of readTree(tree)) {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
    const isDirectory =
      entry.type === 'directory' && /^\/(?:usr\/)?(?:s?bin|lib\w*)(?:\/[\w-]+-linux-\w+)?$|^\/usr$/.test(entry.path)
    const isLink = entry.type === 'symlink' && /^\/(?:s?bin|lib\w*)$/.test(entry.path)
    const isProgram = /^\/(?:usr\/)?bin\/(?:qjsc|sh|dash|bash|busybox)$/.test(entry.path)
    const isLibrary =
      /^\/(?:usr\/)?lib\w*\//.test(entry.path) && /^(?:ld-[\w.-]+|lib(?:c|m|dl|pthread|tinfo)[.-][\w.-]*)$/.test(name)
    if (isDirectory || isLink || isProgram || isLibrary) yield entry
  }
}

/** The bytes in what `qjsc -c` writes: a file in C with an array of them. */
async function readBytecode(tree: string): Promise<Uint8Array> {
  for await (const {path, content} of readTree(tree)) {
    if (path !== '/program.c' || content === undefined) continue
    const text = Buffer.from(await readContent(content)).toString('latin1')
    const [, bytes = ''] = /program\[\d+\] = \{([^}]*)\}/.exec(text) ?? []
    const found = bytes.match(/0x[0-9a-f]{2}/g)
    if (found !== null) return Uint8Array.from(found, Number)
  }
  throw new HaosError('PACKAGE_INVALID', 'the compiler of the image (qjsc) has written no bytecode', {
    hint: 'Use the package quickjs of the distribution.',
  })
}
