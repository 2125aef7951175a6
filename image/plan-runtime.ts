import type {Arch, Identity} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import {nodeLauncher} from './node-launcher.ts'
import {compileRuntime} from './steps/runtime/compile-runtime.ts'
import {textFile} from './steps/text-file.ts'

/** The node's program as files of the image. */
export interface PlannedRuntime {
  /** What is called. */
  readonly program: Ref<'file'>
  /** What it reads, with the image paths. */
  readonly parts: readonly {readonly path: string; readonly file: Ref<'file'>}[]
}

export interface PlanRuntimeOptions {
  readonly arch: Arch
  readonly identity: Identity
  /** The root whose QuickJS runs the program; undefined if the build runs no program of it. */
  readonly root: Ref<'tree'> | undefined
}

/**
 * Adds the steps that make the node's program from its script: compiled where programs of the image run while it is built,
 * otherwise the script itself.
 */
export function planRuntime(
  script: Ref<'file'>,
  {arch, identity, root}: PlanRuntimeOptions,
  plan: PlanBuilder,
): PlannedRuntime {
  if (root === undefined || arch === 'arm') return {program: script, parts: []}
  const directory = `/usr/lib/${identity.name}`
  return {
    program: plan.add(textFile, {}, {text: nodeLauncher(directory)}, 'launcher'),
    parts: [
      {path: `${directory}/program.so`, file: plan.add(compileRuntime, {packages: root, script}, {arch}, 'bytecode')},
      {path: `${directory}/program.js`, file: script},
    ],
  }
}
