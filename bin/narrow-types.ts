import {globSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'

/**
 * Makes declarations import names from the files that declare them, not through the doors of folders.
 *
 * A door re-exports a whole folder, including types of Node that a project which only boots images may lack.
 * The language keeps its door: all of it is public.
 */
export function narrowTypes(directory: string): void {
  const doors = new Map(
    globSync('{*,engine/tools}/index.d.ts', {cwd: directory}).map((door) => [
      dirname(door) === 'engine/tools' ? 'tools' : dirname(door),
      namesOf(directory, door),
    ]),
  )
  doors.delete('dsl')
  for (const path of globSync('**/*.d.ts', {cwd: directory})) {
    const file = join(directory, path)
    const text = readFileSync(file, 'utf8')
    const placeOf = (door: string, name: string): string => {
      const place = doors.get(door)?.get(name)
      if (place === undefined) return `#${door}`
      const way = relative(dirname(path), place)
      return way.startsWith('.') ? way : `./${way}`
    }
    const narrowed = text
      .replaceAll(
        /^(import|export) (type )?\{([^}]*)\} from '#(\w+)';$/gm,
        (whole, verb: string, type: string | undefined, names: string, door: string) =>
          doors.has(door)
            ? names
                .split(',')
                .map((name) => name.trim())
                .filter((name) => name !== '')
                .map((name) => `${verb} ${type ?? ''}{ ${name} } from '${placeOf(door, plainName(name))}';`)
                .join('\n')
            : whole,
      )
      .replaceAll(
        /import\("#(\w+)"\)\.(\w+)/g,
        (_, door: string, name: string) => `import("${placeOf(door, name)}").${name}`,
      )
    if (narrowed !== text) writeFileSync(file, narrowed)
  }
}

/** `type X as Y` → `X`. */
const plainName = (name: string): string => name.replace(/^type /, '').replace(/ as .*$/, '')

/** The names that a door exports, and the file that each comes from. */
function namesOf(directory: string, door: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(directory, door), 'utf8')
  return new Map(
    [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '(\.[^']+)';$/gm)].flatMap(([, names = '', from = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => [plainName(name), join(dirname(door), from)] as const),
    ),
  )
}
