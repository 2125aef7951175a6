import {expect, test} from 'vitest'
import {type AccountFiles, addAccounts, ownerIds} from './accounts.ts'

const files: AccountFiles = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n',
  group: 'root:x:0:\nsudo:x:27:alice\n',
  shadow: 'root:*:1::::::\n',
}
const rancher = {
  name: 'rancher',
  uid: 1000,
  comment: '',
  home: '/home/rancher',
  shell: '/bin/bash',
  groups: ['sudo'],
  password: 'locked',
}

test('a user gets its own group and joins the others', () => {
  const added = addAccounts(files, [rancher], [], 0)

  expect(added.passwd).toContain('rancher:x:1000:1000::/home/rancher:/bin/bash\n')
  expect(added.group).toBe('root:x:0:\nsudo:x:27:alice,rancher\nrancher:x:1000:\n')
  expect(added.shadow).toContain('rancher:!:0:0:99999:7:::\n')
})

test('an empty password is empty, and a hash stays unchanged', () => {
  const field = (password: string) =>
    addAccounts(files, [{...rancher, password}], [], 0)
      .shadow.split('\n')[1]
      ?.split(':')[1]

  expect(field('empty')).toBe('')
  expect(field('$6$salt$hash')).toBe('$6$salt$hash')
})

test('an account of the packages with the same id is replaced, not duplicated', () => {
  const {passwd} = addAccounts(files, [{...rancher, name: 'sshd', uid: 101}], [], 0)

  expect(passwd.match(/^sshd:/gm)).toHaveLength(1)
  expect(passwd).toContain('sshd:x:101:101:')
})

test.each([
  ['a user that the packages have under another number', [{...rancher, name: 'root', uid: 5}], [], ['user', 'group']],
  ['a user with the number of another', [{...rancher, uid: 101}], [], ['user']],
  ['a user whose own group has the number of another', [{...rancher, uid: 27}], [], ['group']],
  ['a group that the packages have under another number', [], [{name: 'sudo', gid: 28}], ['group']],
  ['a group with the number of another', [], [{name: 'wheel', gid: 27}], ['group']],
])('%s is refused', (_, users, groups, kinds) => {
  const problems = kinds.map((kind) => expect.objectContaining({path: expect.stringMatching(`^${kind} `)}))

  expect(() => addAccounts(files, users, groups, 0)).toThrow(
    expect.objectContaining({code: 'RECIPE_INVALID', details: expect.objectContaining({problems})}),
  )
})

test('a group that does not exist is refused with the user who needs it', () => {
  expect(() => addAccounts(files, [{...rancher, groups: ['docker']}], [], 0)).toThrow(
    expect.objectContaining({code: 'RECIPE_INVALID', message: 'the image has no group docker'}),
  )
})

test('an owner without a group gets the primary group of the user', () => {
  expect(ownerIds(files, 'sshd')).toEqual({uid: 101, gid: 65_534})
  expect(ownerIds(files, 'root:sudo')).toEqual({uid: 0, gid: 27})
  expect(() => ownerIds(files, 'nobody:sudo')).toThrow('the image has no account nobody')
})
