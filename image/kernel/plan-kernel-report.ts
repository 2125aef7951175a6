import type {ImageSpec} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import {kernelCheck} from '../steps/boot/kernel-check.ts'
import {kernelFacts} from '../steps/boot/kernel-facts.ts'
import {type KernelDemands, kernelDemands} from './kernel-demands.ts'

/** The steps that read a kernel and check it for an image. */
export interface KernelReport {
  /** What its packages say of it, a `KernelRecord`. */
  readonly facts: Ref<'file'>
  readonly demands: KernelDemands
  /** The modules and the firmware of the image. */
  readonly modules: Ref<'tree'>
  /** Fails if something required is missing; lists what is recommended. */
  readonly check: Ref<'file'>
}

/** Adds the steps that check a kernel. Every build of the image makes their results, so that it fails before its long steps. */
export function planKernelReport(
  spec: ImageSpec,
  {
    kernelVersion,
    packages,
    modules,
  }: {readonly kernelVersion: string; readonly packages: Ref<'tree'>; readonly modules: Ref<'tree'>},
  plan: PlanBuilder,
): KernelReport {
  const demands = kernelDemands(spec)
  const facts = plan.add(kernelFacts, {packages}, {kernelVersion}, 'kernel facts')
  const check = plan.add(kernelCheck, {facts}, demands, 'kernel check')
  return {facts, demands, modules, check}
}
