import type {Problem} from './error.ts'
import type {Identity} from './identity.ts'
import type {BootMenu} from './image-parts.ts'
import type {PlacedPart} from './part.ts'
import {relatedNames} from './related-names.ts'

/** Kernel arguments with the prefix of a related product: the node would ignore them, and not boot as the menu says. */
export function foreignArguments(
  {identity, boot}: {readonly identity: Identity; readonly boot: BootMenu},
  parts: readonly PlacedPart[],
): Problem[] {
  const prefixes = relatedNames.map((name) => `${name}.`).filter((prefix) => prefix !== identity.cmdlinePrefix)
  const check = (words: readonly string[], at: string): Problem[] =>
    words.flatMap((word, index): Problem[] => {
      const prefix = prefixes.find((foreign) => word.startsWith(foreign))
      if (prefix === undefined) return []
      return [
        {
          path: `${at}[${index}]`,
          message: `is ${word}, but nodes named ${identity.name} read only arguments that begin with ${identity.cmdlinePrefix}`,
          hint: `Write ${identity.cmdlinePrefix}${word.slice(prefix.length)}.`,
        },
      ]
    })
  return [
    ...check(boot.cmdline, 'boot.cmdline'),
    ...boot.entries.flatMap((entry, index) => check(entry.arguments, `boot.entries[${index}].arguments`)),
    ...parts.flatMap(({part, at}) => (part.kind === 'kernel-argument' ? check(part.arguments, `${at}.arguments`) : [])),
  ]
}
