import {execFileSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {tarOf} from '../../test/alpine/testing-tar.ts'
import {header, tar} from '../../test/hostile/odd-tar.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {readTarMembers} from './tar-members.ts'

const damaged = (problem: string): Error => new Error(problem)
const read = (archive: Buffer) =>
  readTarMembers(archive, damaged).map(({name, content}) => [name, content.toString()] as const)

/** Packs a directory in which the commands have run with GNU tar. */
const packed = (commands: string, ...options: string[]): Buffer => {
  const cwd = scratchDirectory()
  execFileSync('sh', ['-ec', commands], {cwd})
  return execFileSync('tar', ['--create', '--sort=name', ...options, '.'], {cwd})
}

test('regular files are returned with their content, directories and links are skipped', () => {
  const archive = packed('echo one > a; mkdir b; echo two > b/c; ln -s a d; ln a e')

  expect(read(archive)).toEqual([
    ['./a', 'one\n'],
    ['./b/c', 'two\n'],
  ])
})

test('local and global pax headers are skipped', () => {
  const archive = packed('echo one > a', '--format=pax', '--pax-option=comment=a global record,user.note:=a local one')

  expect(archive.toString('latin1', 156, 157)).toBe('g')
  expect(archive.toString('latin1')).toContain('a local one')
  expect(read(archive)).toEqual([['./a', 'one\n']])
})

test('a name that ustar splits into two fields is complete', () => {
  const directory = 'd'.repeat(90)

  expect(read(packed(`mkdir ${directory}; echo one > ${directory}/${'f'.repeat(90)}`, '--format=ustar'))).toEqual([
    [`./${directory}/${'f'.repeat(90)}`, 'one\n'],
  ])
})

test('an archive without the two blocks at its end is read to its end', () => {
  expect(read(tarOf({a: 'one', b: ''}, {cut: true}))).toEqual([
    ['a', 'one'],
    ['b', ''],
  ])
})

test('reading an archive leaves its bytes unchanged, so that it can be read again', () => {
  const archive = tarOf({a: 'one'})

  expect(read(archive)).toEqual([['a', 'one']])
  expect(archive).toEqual(tarOf({a: 'one'}))
})

test('a header whose checksum is wrong is refused with its place', () => {
  const archive = tarOf({a: 'one', b: 'two'})
  archive[1024] = 0x7a

  expect(() => read(archive)).toThrow('the tar header at byte 1024 has a wrong checksum')
})

test.each([
  ['is larger than the archive', '00000010000'],
  ['is larger than any archive', '77777777777'],
  ['is no number', 'zzzzzzzzzzz'],
  ['is negative', '-0000001000'],
])('a file whose size %s is refused with its place', (_, size) => {
  expect(() => read(tar(header({}, (block) => block.write(size, 124))))).toThrow('the file at byte 0 is truncated')
})
