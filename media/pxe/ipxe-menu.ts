import {HaosError} from '#dsl'
import {type GrubMenu, type GrubMenuChanges, splitKernelArguments} from '#formats'
import {renderKernelArguments} from '#layout'
import type {ArgumentChanges} from '../change-arguments.ts'

const ITEM = /^item entry\d+ (.*)$/gm
const KERNEL = /^(kernel vmlinuz initrd=initrd )(.*?)( ?\$\{args\} \|\| goto failed)$/gm
const CHOOSE = /^(choose --default entry)(\d+)( --timeout )(\d+)( .*)$/m

/** Reads the menu of a `boot.ipxe`; undefined if haos-build did not make it. */
export function parseIpxeMenu(text: string): GrubMenu | undefined {
  const titles = [...text.matchAll(ITEM)].map(([, title = '']) => title)
  const lines = [...text.matchAll(KERNEL)].map(([, , words = '']) => splitKernelArguments(words))
  const [, , chosen, , timeout] = CHOOSE.exec(text) ?? []
  if (chosen === undefined || titles.length === 0 || titles.length !== lines.length) return undefined
  return {
    default: Number(chosen),
    // One millisecond means no wait: for iPXE, 0 is no timeout.
    timeoutSeconds: Math.floor(Number(timeout) / 1000),
    entries: titles.map((title, index) => ({
      title,
      kernel: 'vmlinuz',
      initrd: 'initrd',
      arguments: lines[index] ?? [],
    })),
  }
}

/** Changes the menu of a `boot.ipxe`; all other bytes stay unchanged. */
export function changeIpxeMenu(
  text: string,
  {default: chosen, timeoutSeconds, arguments: make}: GrubMenuChanges,
): string {
  let entry = 0
  return text
    .replace(KERNEL, (line, start: string, words: string, end: string) => {
      const changed = make?.(splitKernelArguments(words), entry++)
      return changed === undefined ? line : `${start}${renderKernelArguments(changed)} ${end.trimStart()}`
    })
    .replace(CHOOSE, (_, start: string, old: string, option: string, milliseconds: string, rest: string) => {
      const timeout = timeoutSeconds === undefined ? milliseconds : Math.max(timeoutSeconds * 1000, 1)
      return `${start}${chosen ?? old}${option}${timeout}${rest}`
    })
}

/** Fails with USAGE_INVALID for words that iPXE would take for its own (ipxe.org/scripting). */
export function checkIpxeWords({append = [], replace = []}: ArgumentChanges = {}): void {
  for (const word of [...append, ...replace]) {
    if (!/\$\{|^(?:\|\||&&)$/.test(word)) continue
    throw new HaosError('USAGE_INVALID', `iPXE cannot pass ${JSON.stringify(word)} to the kernel`, {
      hint: 'It expands ${…}, and || and && end a command. Set the value in a config (--config).',
    })
  }
}
