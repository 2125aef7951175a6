import {access} from 'node:fs/promises'
import {type DebianSpec, HaosError} from '#dsl'

/** Where the package debian-archive-keyring has its keys; since 2025.1 the first name is the real one. */
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
    throw new HaosError('INPUT_INVALID', `there is no keyring ${keyring}`, {
      at: 'base.keyring',
      hint: 'Correct the path, or leave `keyring` out to use that of the package debian-archive-keyring.',
    })
  }
  throw new HaosError('TOOL_MISSING', 'the keys that sign Debian are not installed', {
    hint: 'Install the package debian-archive-keyring, or name the keys with `keyring`.',
  })
}
