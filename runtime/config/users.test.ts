import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {readOneConfig} from './read-one-config.ts'
import {secretsOf} from './secrets-of.ts'

const read = (text: string, accounts?: ReadonlySet<string>) =>
  readOneConfig('config.yaml', text, deriveIdentity('haos'), accounts && {accounts})

/** The example of cloud-init's documentation ("Users and Groups"), with keys that are keys. */
const documented = `#cloud-config
users:
  - default
  - name: foobar
    gecos: Foo B. Bar
    primary_group: foobar
    groups: users
    selinux_user: staff_u
    expiredate: '2032-09-01'
    ssh_import_id:
      - lp:falcojr
      - gh:TheRealFalcon
    lock_passwd: false
    passwd: $6$j212wezy$7H/1LT4f9/N3wpgNunhsIqtMj62OKiS3nyNwuizouQc3u7MbYCarYeAHWYPYb2FT.lbioDm2RrkJPb9BZMN1O/
  - name: barfoo
    gecos: Bar B. Foo
    sudo: ALL=(ALL) NOPASSWD:ALL
    groups: users, admin
    ssh_import_id: gh:TheRealFalcon
    lock_passwd: true
    ssh_authorized_keys:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s me
  - name: testuser
    gecos: Mr. Test
    homedir: /local_data
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
  - name: cloudy
    gecos: Magic Cloud App Daemon User
    inactive: '5'
    system: true
  - name: fizzbuzz
    shell: /bin/bash
    sudo: false
    no_create_home: true
    uid: 2000
  - name: nosudo
    sudo: null
  - snapuser: joe@joeuser.io
`

test("users as cloud-init's documentation writes them are read, and what is not supported is reported by line", () => {
  const {config, problems} = read(documented)

  expect(config.users).toEqual([
    {name: 'default'},
    {
      name: 'barfoo',
      gecos: 'Bar B. Foo',
      sudo: ['ALL=(ALL) NOPASSWD:ALL'],
      groups: ['users, admin'],
      ssh_import_id: ['gh:TheRealFalcon'],
      lock_passwd: true,
      ssh_authorized_keys: [expect.stringContaining('ssh-ed25519')],
    },
    {name: 'testuser', gecos: 'Mr. Test', homedir: '/local_data', sudo: ['ALL=(ALL) NOPASSWD:ALL']},
    {name: 'cloudy', gecos: 'Magic Cloud App Daemon User', inactive: '5', system: true},
    {name: 'fizzbuzz', shell: '/bin/bash', sudo: ['false'], no_create_home: true, uid: '2000'},
    {name: 'nosudo'},
  ])
  expect(problems).toMatchObject([
    {path: 'users[1].selinux_user', line: 8, column: 19, isApplied: true},
    {path: 'users[1].ssh_import_id[0]', line: 11, hint: 'Write other keys in ssh_authorized_keys.'},
    {path: 'users[7].name', message: 'is missing'},
    {path: 'users[7].snapuser', isApplied: true},
  ])
})

test.each([
  ['users: default', [{name: 'default'}]],
  ['users: [bob, eve]', [{name: 'bob'}, {name: 'eve'}]],
  ['users: [{name: bob, password: clear}]', [{name: 'bob', passwd: 'clear'}]],
])('%s', (text, users) => {
  expect(read(text)).toMatchObject({config: {users}, problems: []})
})

test.each([
  ['users: [{name: root}]', 'users[0].name'],
  ['users: [Bob]', 'users[0].name'],
  ['users: ["$NAME"]', 'users[0].name'],
  ['users: [bob, {name: bob}]', 'users[1]'],
  ['users: [{name: bob, uid: 0}]', 'users[0].uid'],
  ['users: [{name: bob, gecos: "a:b"}]', 'users[0].gecos'],
  ['users: [{name: bob, homedir: /home/../etc}]', 'users[0].homedir'],
  ['users: [{name: bob, sudo: true}]', 'users[0].sudo[0]'],
  ['users: [{name: bob, hashed_passwd: clear}]', 'users[0].hashed_passwd'],
  ['users: [{name: bob, expiredate: 2032-13-01}]', 'users[0].expiredate'],
  ['users: [{name: bob, ssh_redirect_user: true}]', 'users[0].ssh_redirect_user'],
  ['users: [{name: bob, plain_text_passwd: "x\\nroot:y"}]', 'users[0].plain_text_passwd'],
])('%s is a mistake, and that user is not made', (text, path) => {
  const {config, problems} = read(text)
  expect(problems).toMatchObject([{path, line: 1}])
  expect(config.users ?? []).toHaveLength(text.includes('[bob,') ? 1 : 0)
})

test('user: of cloud-init is no user of the list, and the hint says where its keys belong', () => {
  expect(read('user: ubuntu').problems).toMatchObject([
    {path: 'user', message: 'is a key of cloud-init that this system does not have'},
  ])
})

test('files may belong to the users of the config and their groups', () => {
  const users = 'users: [{name: bob, groups: "ops, dev"}, eve]\n'
  const files = 'write_files: [{path: /a, owner: "bob:dev"}, {path: /b, owner: eve}, {path: /c, owner: mallory}]'
  expect(read(users + files, new Set(['root'])).problems).toMatchObject([{path: 'write_files[2].owner'}])
})

test('the passwords of users and of registries are secrets', () => {
  const {config} = read(`users: [{name: a, passwd: one}, {name: b, plain_text_passwd: two, hashed_passwd: $6$three$x}]
haos: {registries: {configs: {a: {auth: {username: me, password: four, auth: five, identity_token: six}}}}}`)
  expect(secretsOf(config).toSorted()).toEqual(['$6$three$x', 'five', 'four', 'one', 'six', 'two'])
})
