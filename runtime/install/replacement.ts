import {type InstallStep, run, script} from './install-step.ts'

/**
 * How a file or directory of the target is replaced: `prepare` needs space and comes first, `commit` only renames,
 * `tidy` removes the old one. Everything before `tidy` can be undone.
 */
export interface Replacement {
  readonly prepare: readonly InstallStep[]
  readonly commit: readonly InstallStep[]
  readonly tidy: readonly InstallStep[]
}

/** Several replacements as one: nothing is renamed before everything is prepared. */
export const allOf = (replacements: readonly Replacement[]): Replacement => ({
  prepare: replacements.flatMap(({prepare}) => prepare),
  commit: replacements.flatMap(({commit}) => commit),
  tidy: replacements.flatMap(({tidy}) => tidy),
})

/** The command that runs a shell script with arguments. */
export const shellCommand = (text: string, args: readonly string[]): string[] => ['sh', '-c', text, 'sh', ...args]

/** Creates a directory with its parents; undo removes the empty ones. */
export const makeDirectory = (path: string): InstallStep => ({
  kind: 'run',
  argv: ['mkdir', '-p', path],
  undo: ['rmdir', '-p', path],
})

/** Writes a file. */
export function replaceFile(path: string, text: string, mode: number): Replacement {
  const [directory, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)]
  const [next, old] = [`${directory}/.${name}.next`, `${directory}/.${name}.old`]
  return {
    prepare: [
      {kind: 'write', path: next, text, mode, undo: ['rm', '-f', next]},
      // A hard link to the old file, for undo.
      script('rm -f "$2"; [ ! -e "$1" ] || ln "$1" "$2"', [path, old], 'rm -f "$2"'),
    ],
    commit: [
      {
        kind: 'run',
        argv: ['mv', '-T', next, path],
        undo: shellCommand('[ ! -e "$3" ] || exit 0; if [ -e "$2" ]; then mv -T "$2" "$1"; else rm -f "$1"; fi', [
          path,
          old,
          next,
        ]),
      },
    ],
    tidy: [run('rm', '-f', old)],
  }
}

/** Copies one version under a temporary name, renames it, and makes it the current one; the former current version becomes the previous one. */
export function replaceVersion({
  part,
  version,
  from,
  to,
}: {
  readonly part: string
  readonly version: string
  readonly from: string
  readonly to: string
}): Replacement {
  const directory = `${to}/${part}`
  const leftovers = [`.${version}.old`, '.current.old', '.previous.old', '.current.next', '.previous.next']
  const paths = leftovers.map((name) => `${directory}/${name}`)
  const copy = `${directory}/.${version}.new`
  return {
    prepare: [
      makeDirectory(directory),
      run('rm', '-rf', copy, ...paths),
      {kind: 'run', argv: ['cp', '-a', `${from}/${part}/${version}`, copy], undo: ['rm', '-rf', copy]},
      run('sync'),
      script(
        prepareLinks,
        [directory, version],
        'cd "$1" && rm -f .current.next .previous.next .current.old .previous.old',
      ),
    ],
    commit: [script(commitVersion, [directory, version], undoVersion)],
    tidy: [run('rm', '-rf', ...paths)],
  }
}

// $1 directory, $2 version, in all three.
const prepareLinks = `cd "$1" || exit
old=$(readlink current)
if [ -n "$old" ]; then cp -P current .current.old || exit; fi
if [ -L previous ]; then cp -P previous .previous.old || exit; fi
if [ -n "$old" ] && [ "$old" != "$2" ] && [ -e "$old" ]; then ln -sfn "$old" .previous.next || exit; fi
ln -sfn "$2" .current.next`

const commitVersion = `cd "$1" || exit
if [ -e "$2" ]; then mv "$2" ".$2.old" || exit; fi
mv ".$2.new" "$2" || exit
if [ -L .previous.next ]; then mv -T .previous.next previous || exit; fi
mv -T .current.next current`

// Renames the copy back, so that the step that made it can remove it.
const undoVersion = `cd "$1" || exit
for link in current previous; do
  if [ -L ".$link.old" ]; then mv -T ".$link.old" "$link"; else rm -f "$link"; fi
done
if [ ! -e ".$2.new" ]; then mv "$2" ".$2.new"; fi
if [ -e ".$2.old" ]; then mv ".$2.old" "$2"; fi`
