import {freezeCommand} from '../host/checkpoint.ts'
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

/** Writes all changes of the state's file system to where GRUB reads them. */
export const checkpoint = (mount: string): readonly InstallStep[] => [
  run('sync'),
  {kind: 'run', argv: freezeCommand(mount), mayFail: true},
]

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

/**
 * Copies a file to a directory on FAT, under a name that may exist already.
 *
 * FAT has no journal, and frees the clusters of the replaced file at once, while the directory on the disk may still
 * refer to them. A program that keeps the file open until the new one is on the disk prevents that.
 */
export function replaceOnFat(directory: string, name: string, from: string): Replacement {
  const names = [`${directory}/${name}`, `${directory}/OLD.EFI`, `${directory}/NEW.EFI`]
  return {
    prepare: [
      script(
        'rm -f "$2" "$3"; if [ -e "$1" ]; then cp "$1" "$2" || exit; fi; cp "$4" "$3"',
        [...names, from],
        'rm -f "$2" "$3"',
      ),
    ],
    commit: [
      script(
        'if [ -e "$1" ]; then exec 9<"$1" || exit; fi; mv "$3" "$1" && sync',
        names,
        '[ ! -e "$3" ] || exit 0; if [ -e "$2" ]; then mv "$2" "$1"; else rm -f "$1"; fi',
      ),
    ],
    tidy: [run('rm', '-f', `${directory}/OLD.EFI`)],
  }
}

/**
 * Copies one version under a temporary name, renames it, and makes it the current one; the former current version becomes the previous one.
 *
 * After a power cut at any moment, `current` resolves to a complete version, even if the new version has the name of
 * the old one: a directory cannot replace another in one step, so the symlink meanwhile points to the temporary name,
 * and a copy of that directory by hard links gets the final name.
 */
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
  const copy = `${directory}/.${version}.new`
  const twin = `${directory}/.${version}.twin`
  const links = ['.current.old', '.previous.old', '.current.next', '.current.copy', '.previous.next']
  const leftovers = [twin, ...[`.${version}.old`, ...links].map((name) => `${directory}/${name}`)]
  return {
    prepare: [
      makeDirectory(directory),
      script(finishCut, [directory]),
      run('rm', '-rf', copy, ...leftovers),
      {kind: 'run', argv: ['cp', '-a', `${from}/${part}/${version}`, copy], undo: ['rm', '-rf', copy]},
      run('sync'),
      script(prepareNames, [directory, version, ...links], 'cd "$1" && rm -rf ".$2.twin" && shift 2 && rm -f "$@"'),
    ],
    commit: [script(commitVersion, [directory, version], undoVersion)],
    tidy: [run('rm', '-rf', copy, ...leftovers)],
  }
}

// If `current` points to a temporary name, that version is complete, and the one with the final name may not be.
const finishCut = `cd "$1" || exit
link=$(readlink current) version=\${link#.}
version=\${version%.new}
[ "$link" = ".$version.new" ] || exit 0
rm -rf "$version" && cp -al "$link" "$version" && ln -sfn "$version" .current.next && mv -T .current.next current && sync`

// $1 directory, $2 version, in all three. A second name keeps the inode of a replaced symlink: GRUB, which reads ext4
// without its journal, may still see the old directory entry, but already the freed inode.
const prepareNames = `cd "$1" || exit
old=$(readlink current)
if [ -n "$old" ]; then ln current .current.old || exit; fi
if [ -L previous ]; then ln previous .previous.old || exit; fi
if [ -n "$old" ] && [ "$old" != "$2" ] && [ -e "$old" ]; then ln -sfn "$old" .previous.next || exit; fi
if [ -e "$2" ]; then cp -al ".$2.new" ".$2.twin" && ln -sfn ".$2.new" .current.copy || exit; fi
ln -sfn "$2" .current.next`

const commitVersion = `cd "$1" || exit
if [ -e "$2" ]; then
  mv -T .current.copy current && mv "$2" ".$2.old" && mv ".$2.twin" "$2" || exit
else
  mv ".$2.new" "$2" || exit
fi
if [ -L .previous.next ]; then mv -T .previous.next previous || exit; fi
mv -T .current.next current`

// Renames the copy back, so that the step that made it can remove it.
const undoVersion = `cd "$1" || exit
if [ -e ".$2.old" ]; then
  if [ -e "$2" ]; then mv "$2" ".$2.twin"; fi
  mv ".$2.old" "$2"
elif [ ! -e ".$2.new" ]; then
  mv "$2" ".$2.new"
fi
for link in current previous; do
  if [ -L ".$link.old" ]; then mv -T ".$link.old" "$link"; else rm -f "$link"; fi
done`
