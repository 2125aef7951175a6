import {readFile, writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep} from '#engine'
import {releaseSignatures} from '#layout'
import {isSignatureOf, publicKeyId} from '../../signature/public-key.ts'

/** Signs the description of a release, and with it, by their digests, all of its files. */
export const signRelease = defineStep({
  kind: 'sign-release',
  revision: 1,
  summary: 'signs the description of the release',
  inputs: {release: 'file'},
  output: 'file',
  options: z.strictObject({
    /** PEM of the public keys. Only the caller of the build has the private ones. */
    publicKeys: z.array(z.string()).min(1),
  }),
  tools: [],
  async run({inputs, options: {publicKeys}, output, sign}) {
    const document = await readFile(inputs.release)
    const signatures = await Promise.all(
      publicKeys.map(async (pem) => {
        const signature = await sign(pem, document)
        const keyId = publicKeyId(pem)
        if (!isSignatureOf(pem, document, signature))
          throw new HaosError(
            'SIGNATURE_INVALID',
            `the signature is not one of the key ${releaseSignatures.shortKeyId(keyId)}`,
            {
              hint: 'Sign with the private key that belongs to the public one.',
            },
          )
        return {keyId, base64: Buffer.from(signature).toString('base64')}
      }),
    )
    await writeFile(output, releaseSignatures.render(signatures))
  },
})
