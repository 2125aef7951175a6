import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {readConfig} from '../read-config.ts'

const read = (userdata: string | Uint8Array) =>
  readConfig(
    {read: (path) => (path === '/run/config/userdata' ? userdata : undefined), list: () => undefined},
    {identity: deriveIdentity('haos'), cmdline: ''},
  )

const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\n')

const part = (type: string, content: string, ...fields: readonly string[]) =>
  [`Content-Type: ${type}`, 'MIME-Version: 1.0', ...fields, '', content].join('\n')

const archive = (...parts: readonly string[]) =>
  [
    'Content-Type: multipart/mixed;',
    ' boundary="===============42=="',
    'MIME-Version: 1.0',
    '',
    'For people.',
    ...parts.flatMap((text) => ['--===============42==', text]),
    '--===============42==--',
    '',
  ].join('\n')

const script = '#!/bin/sh\necho "two"\n'

test('a cloud-config and a script of an archive both apply, the commands of both in their order', () => {
  const {config, problems} = read(
    archive(
      part('text/cloud-config; charset="us-ascii"', '#cloud-config\nhostname: one\nruncmd: [echo one]\n'),
      part(
        'text/x-shellscript',
        base64(script),
        'Content-Transfer-Encoding: base64',
        'Content-Disposition: attachment; filename="two.sh"',
      ),
      part('text/cloud-config', 'hostname: three'),
    ),
  )

  expect(problems).toEqual([])
  expect(config).toMatchObject({
    hostname: 'three',
    run_cmd: ['echo one', 'source /run/haos/userdata-2'],
    write_files: [{path: '/run/haos/userdata-2', content: script, permissions: '0700'}],
  })
})

test.each<[how: string, userdata: string | Uint8Array]>([
  [
    'compressed and in base64',
    archive(part('application/gzip', base64(gzipSync('hostname: x\n')), 'Content-Transfer-Encoding: base64')),
  ],
  ['quoted', archive(part('text/cloud-config', 'host=\nname: =78 \n', 'Content-Transfer-Encoding: quoted-printable'))],
  [
    'in an archive of its own',
    archive(archive(part('text/cloud-config', 'hostname: x')).replaceAll('===42==', 'inner')),
  ],
  ['in a compressed archive', gzipSync(archive(part('text/cloud-config', 'hostname: x')))],
  ['with line ends of mail', archive(part('text/cloud-config', 'hostname: x')).replaceAll('\n', '\r\n')],
  ['without a type', archive('\n#cloud-config\nhostname: x')],
  [
    'binary and compressed',
    Buffer.concat([
      Buffer.from(archive(part('application/gzip', '')).replace(/\n--=*42==--\n$/, '')),
      gzipSync('hostname: x'),
      Buffer.from('\n--===============42==--\n'),
    ]),
  ],
])('a part %s is read', (_, userdata) => {
  const {config, problems} = read(userdata)
  expect(problems).toEqual([])
  expect(config.hostname).toBe('x')
})

test('what a part cannot have is a problem of that part, with its line, and the others apply', () => {
  const {config, problems} = read(
    archive(
      part('text/cloud-boothook', '#!/bin/sh\n', 'Content-Disposition: attachment; filename="hook"'),
      part('text/cloud-config', '#cloud-config\nhostname: x\nlocale: de\n'),
      part('text/cloud-config', '## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n'),
      part('text/x-shellscript', 'echo hi\n'),
      part('text/cloud-config', '!', 'Content-Transfer-Encoding: base64'),
      part('text/plain', '#include\nhttps://example.com/\n'),
    ),
  )

  expect(config.hostname).toBe('x')
  expect(problems.map(({source, line, message}) => `${source}:${line ?? '-'} ${message}`)).toEqual([
    expect.stringContaining('part 1 (hook):- is of the type text/cloud-boothook'),
    expect.stringContaining('part 2 (text/cloud-config):3 '),
    expect.stringContaining('part 3 (text/cloud-config):- is a Jinja template'),
    expect.stringContaining('part 4 (text/x-shellscript):- does not begin with "#!"'),
    expect.stringContaining('part 5 (text/cloud-config):- cannot be decoded: it is not base64'),
    expect.stringContaining('part 6 (text/plain):- is in a format that only cloud-init reads'),
  ])
  for (const {hint} of problems) expect(hint).toMatch(/\.$/)
})

test('an archive without a boundary, and one that is a template as a whole, are refused with the reason', () => {
  expect(read('Content-Type: multipart/mixed\nMIME-Version: 1.0\n\n--x\n').problems).toMatchObject([
    {message: expect.stringContaining('boundary is missing'), hint: expect.stringContaining('make-mime')},
  ])
  expect(read('## template: jinja\n#cloud-config\nhostname: {{ ds.meta }}\n').problems).toMatchObject([
    {message: expect.stringContaining('is a Jinja template')},
  ])
})
