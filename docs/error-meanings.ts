import type {ErrorCode} from '#dsl'

/** What a code means, and the usual remedy. The hint that is printed with an error is more specific. */
export const errorMeanings: Readonly<Record<ErrorCode, readonly [meaning: string, wayOut: string]>> = {
  RECIPE_NOT_FOUND: [
    'No recipe at that path.',
    'Go to the directory of haos.build.ts, or name a recipe with `--recipe`.',
  ],
  RECIPE_INVALID: [
    'The recipe contradicts its schema or itself.',
    'Fix each listed problem; an editor shows them too.',
  ],
  INPUT_INVALID: ['A value of `--set` or of an input is invalid.', 'Choose a value that the recipe offers.'],
  CONFIG_INVALID: ['A config.yaml has mistakes.', 'Fix them; `haos-build config validate FILE` shows line and column.'],
  PATH_CONFLICT: [
    'Two parts, or a part and a package, write to one path.',
    'Give the part that should win `replace: true`, or remove one.',
  ],
  TARGET_UNKNOWN: ['No target has that name.', 'Choose one from the list in the message.'],
  USAGE_INVALID: ['Arguments or flags that do not go together.', 'Read `haos-build COMMAND --help`.'],
  LOCK_MISSING: ['haos.lock.json pins nothing for this image.', 'Run `haos-build lock`, and commit the file.'],
  LOCK_STALE: ['haos.lock.json was made for another recipe.', 'Run `haos-build lock`, and review the package diff.'],
  LOCK_INVALID: ['haos.lock.json cannot be read.', 'Restore it from version control.'],
  PACKAGE_NOT_FOUND: [
    'No repository has a package of that name.',
    'Check the name, the release and the repositories of the recipe.',
  ],
  PACKAGE_CONFLICT: ['Packages cannot be installed together.', 'Leave out or constrain one of the named packages.'],
  PACKAGE_DOWNGRADED: [
    'A mirror offers an earlier version than the lock file pins.',
    'Wait for the mirror, use another, or run `lock --allow-downgrade`.',
  ],
  PACKAGE_INVALID: [
    'A package is damaged, hostile or not what it claims to be.',
    'Compare it with another mirror, and report it to its maintainer.',
  ],
  SIGNATURE_INVALID: [
    'A signature does not match, or its key is not trusted.',
    'Check mirror and keys; do not build with it.',
  ],
  DIGEST_MISMATCH: [
    'A file does not match its pinned digest.',
    'Try another mirror; if all agree, find out why before you pin the new one.',
  ],
  DOWNLOAD_FAILED: [
    'A server sent an error, or an answer that was too slow or too large.',
    'Check the URL and the network, and run the command again: it continues where it stopped.',
  ],
  DOWNLOAD_GONE: [
    'No mirror has the pinned file any longer.',
    'Run `haos-build lock --update`, or name a `snapshot` in the recipe.',
  ],
  OFFLINE: ['`--offline` was given and something is not in the store.', 'Run it once without `--offline`.'],
  ARTIFACT_INVALID: [
    'A finished file is damaged, or of an unsupported kind.',
    'Compare it with SHA256SUMS, or build it again.',
  ],
  IMAGE_UNSOUND: [
    'The finished system has a fault that would prevent a login or a service, or its kernel lacks what Kubernetes requires.',
    'Leave out the named package, or correct its effect with a part of the recipe; for a kernel, follow the hint of each option.',
  ],
  NOT_REPRODUCED: [
    'A finished file differs from what the recipe and the lock give.',
    'Look at the named file in it; if another version of a program made it, use that one.',
  ],
  TOOL_MISSING: [
    'A program that a step runs is not installed.',
    'Install the named package; `haos-build doctor` lists them all.',
  ],
  TOOL_TOO_OLD: ['A program is older than what a step needs.', 'Install a newer version.'],
  TOOL_FAILED: [
    'A program ended with an error.',
    'Read the log, and paste the printed command to reproduce the error.',
  ],
  TOOL_ENDLESS: [
    'A script of a package or of the recipe printed nothing for too long, or printed too much, and was killed.',
    'Leave the package out or fix the script; `--script-silence MINUTES` lets scripts be silent for longer.',
  ],
  DISK_FULL: ['No space is left.', 'Free some: `haos-build cache prune`.'],
  STORE_UNUSABLE: [
    'The store cannot be written, or others could have written to it.',
    'Name another with HAOS_BUILD_STORE.',
  ],
  OUTPUT_NOT_WRITABLE: [
    'A finished file cannot be written.',
    'Make the directory writable, or name another with `--out`.',
  ],
  REGISTRY_REFUSED: [
    'A registry does not answer, or does not take an image.',
    'Do what the hint says; run the same command again to send only what is missing.',
  ],
  HOST_UNSUPPORTED: [
    'This machine lacks something a build or a machine needs.',
    'Do what the hint says, or use another machine.',
  ],
  MACHINE_FAILED: ['A virtual machine ended unexpectedly.', 'Read the printed console lines.'],
  MACHINE_TIMEOUT: [
    'A virtual machine did not reach the expected state in time.',
    'Read its console; give it more time or memory.',
  ],
  INTERRUPTED: ['Ctrl-C or a signal ended the command.', 'Run it again: finished steps are kept.'],
}
