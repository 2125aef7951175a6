import {filledIn, notEmpty, textThat} from './text.ts'

/** A certificate in PEM (RFC 7468, section 5). */
const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
/** As DER it is a sequence with a length of two bytes, so that its base64 begins with MII (X.690, section 8.1). */
const body = /^-----BEGIN CERTIFICATE-----\s+MI[I-L][A-Za-z0-9+/\s]+=*\s+-----END CERTIFICATE-----$/

/** The certificates in a text, each with its first and last line. */
export const certificatesIn = (text: string): readonly string[] => text.match(block) ?? []

/** Certificates of authorities as PEM, with any text around them. */
export const caCertificates = textThat(
  notEmpty,
  filledIn,
  [
    (text) => !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text),
    'contains a private key, which no node needs to trust an authority',
    'Leave the private key out, and replace it: it was shown to everybody who reads this file.',
  ],
  [
    (text) => text === '' || certificatesIn(text).length > 0,
    'holds no certificate in PEM',
    'Write it below "- |", from "-----BEGIN CERTIFICATE-----" to "-----END CERTIFICATE-----".',
  ],
  [
    (text) => certificatesIn(text).every((certificate) => body.test(certificate)),
    'holds a damaged certificate',
    'Copy the whole file that `openssl x509 -in FILE` prints.',
  ],
)
