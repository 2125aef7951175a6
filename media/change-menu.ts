import {HaosError} from '#dsl'
import type {GrubEntry, GrubMenuChanges} from '#formats'
import {grubCommandLine} from '#layout'
import {changeArguments, type KernelCall} from './change-arguments.ts'
import type {MediumChanges} from './medium.ts'

/** Checks changes to a menu with these entries. The boot loader is GRUB by default. Fails with USAGE_INVALID. */
export function checkMenuChanges(
  entries: readonly GrubEntry[],
  {arguments: wishes, menuDefault, timeoutSeconds}: MediumChanges,
  {
    arch,
    commandLineOf = ({kernel = ''}, words) => grubCommandLine(kernel, words),
  }: Pick<KernelCall, 'arch'> & Partial<KernelCall>,
): GrubMenuChanges {
  if (menuDefault !== undefined && menuDefault >= entries.length) {
    throw new HaosError('USAGE_INVALID', `the menu has no entry ${menuDefault}`, {
      hint: `Choose one of ${entries.map(({title}, index) => `${index} (${title})`).join(', ')}.`,
    })
  }
  return {
    default: menuDefault,
    timeoutSeconds,
    arguments: wishes && changeArguments(entries, wishes, {arch, commandLineOf}),
  }
}
