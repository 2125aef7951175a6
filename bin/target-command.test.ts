import {join} from 'node:path'
import {expect, test} from 'vitest'
import {renderArtifacts} from './target-command.ts'

const artifact = (name: string, role: string) => ({
  name,
  alias: name,
  image: 'a',
  step: '0'.repeat(64),
  role,
  path: join(process.cwd(), "the user's dir", name),
  arch: 'amd64' as const,
  sizeBytes: 1,
  sha256: '0'.repeat(64),
})

test('the commands to run next can be pasted, whatever the name of the directory', () => {
  const next = renderArtifacts([artifact('a.iso', 'iso'), artifact('a.pkr.json', 'packer-template')]).split(
    'Next:\n',
  )[1]

  expect(next).toMatch(/^ {2}haos-build run 'the user'\\''s dir\/a\.iso' /m)
  expect(next).toMatch(/^ {2}dd if='the user'\\''s dir\/a\.iso' of=/m)
  expect(next).toMatch(/^ {2}cd 'the user'\\''s dir' && packer init \. /m)
})
