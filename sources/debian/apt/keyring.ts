import {access} from 'node:fs/promises'
import {type DebianSpec, HaosError} from '#dsl'

/** Keyrings of the package debian-archive-keyring; since 2025.1 the first name is the file and the other a symlink. */
const debianKeyrings = [
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/usr/share/keyrings/debian-archive-keyring.gpg',
]

/** Host path of the keys that an archive must be signed with. Fails with TOOL_MISSING or INPUT_INVALID. */
export async function findKeyring({keyring}: DebianSpec): Promise<string> {
  for (const path of keyring === undefined ? debianKeyrings : [keyring]) {
    const found = await access(path).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  if (keyring !== undefined) {
    throw new HaosError('INPUT_INVALID', `the keyring ${keyring} does not exist`, {
      at: 'base.keyring',
      hint: 'Correct the path, or leave `keyring` out to use that of the package debian-archive-keyring.',
    })
  }
  throw new HaosError('TOOL_MISSING', "Debian's archive keys are not installed", {
    hint: 'Install the package debian-archive-keyring, or name the keys with `keyring`.',
  })
}
