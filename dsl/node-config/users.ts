import * as z from 'zod/mini'
import {sshKey} from './ssh-key.ts'
import {filledIn, notEmpty, oneLine, type TextRule, textThat} from './text.ts'

/** What useradd(8) accepts everywhere, without capital letters. */
const isName = (text: string): boolean => /^[a-z_][a-z0-9_-]{0,30}$/.test(text)

const accountName: TextRule = [
  (name) => name === '' || isName(name),
  'must be the name of an account',
  'Use at most 31 of a-z, 0-9, _ and -, and begin with a letter or _.',
]

/** One name, or several with commas as cloud-init writes them. */
const accountNames: TextRule = [
  (names) => names.split(',').every((name) => isName(name.trim())),
  'must be the name of a group',
  'Write one item for each group, of a-z, 0-9, _ and -.',
]

/** Between colons of passwd(5). */
const withoutColon: TextRule = [(text) => !text.includes(':'), 'must not contain a colon', 'Leave it out.']

const absolute: TextRule = [
  (path) => path === '' || (/^(?:\/[\w.@+-]+)+$/.test(path) && !path.split('/').some((name) => /^\.\.?$/.test(name))),
  'must be an absolute path',
  'Begin it with a slash, without "." and "..", and without a slash at its end.',
]

const number: TextRule = [
  (text) => /^\d{0,9}$/.test(text) && text !== '0',
  'must be a number above 0',
  'Leave it out to get the next one that is free.',
]

/** The keys are one of cloud-init's forms, which this system does not need. */
const withoutEffect: TextRule = [(text) => text === '', 'has no effect on this system', 'Leave it out.', 'remark']

const text = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(textThat(filledIn, oneLine, ...rules).check(z.meta({description})))
const list = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(z.array(textThat(notEmpty, filledIn, oneLine, ...rules)).check(z.meta({description})))
const flag = (description: string) => z.optional(z.boolean().check(z.meta({description})))

const user = () =>
  z.strictObject({
    name: textThat(
      notEmpty,
      filledIn,
      [
        (name) => name !== 'root',
        'cannot be root, who has no login',
        'Name another user, and give it "sudo: ALL=(ALL) NOPASSWD:ALL".',
      ],
      accountName,
    ).check(
      z.meta({
        description:
          'Name of the account; `default` is the login user `rancher`. An account of the image gets what is set here.',
      }),
    ),
    uid: text('Number of the account. Default: the next free one, which the name keeps across boots.', number),
    gecos: text('Full name, or what the account is for.', withoutColon),
    homedir: text('Home directory. It is created unless it exists. Default: /home/NAME.', absolute),
    no_create_home: flag('Do not create the home directory.'),
    primary_group: text('Primary group. Default: a group of the same name and number.', accountName),
    no_user_group: flag('Make `users` the primary group.'),
    groups: list('Further groups. Those that do not exist are created.', accountNames),
    create_groups: flag('Whether groups that do not exist are created. Default: true.'),
    shell: text('Login shell. Default: that of `rancher`; none for a system user.', absolute),
    system: flag('An account of a service: a low number, no home directory, no login.'),
    ssh_authorized_keys: z.optional(
      z.array(sshKey).check(
        z.meta({
          description: 'Keys that may log in as this user; "github:USER", "gitlab:USER" and URLs are fetched.',
        }),
      ),
    ),
    ssh_import_id: list('The same, as `gh:USER`.', [
      (id) => /^gh:[\w.-]+$/i.test(id),
      'must be gh: and the name of a user of GitHub',
      'Write other keys in ssh_authorized_keys.',
    ]),
    passwd: text('Password, in clear or as a crypt(3) hash.'),
    hashed_passwd: text('Password as a crypt(3) hash.', [
      (hash) => hash === '' || /^\$\w+\$/.test(hash),
      'is not a hash of crypt(3)',
      'Use what `openssl passwd -6` prints, or write a clear password as plain_text_passwd.',
    ]),
    plain_text_passwd: text('Password in clear.'),
    lock_passwd: flag('Disable the password. Default: true unless a password is set.'),
    sudo: list(
      'Rules of sudoers(5) without the name in front; `false` is none. Where the image has doas, `ALL=(ALL) ALL` with or without `NOPASSWD:`.',
      [
        (rule) => !/^(?:true|yes)$/i.test(rule),
        'must be a rule, or false',
        'Write "ALL=(ALL) NOPASSWD:ALL" for all rights without a password.',
      ],
    ),
    doas: list('Rules of doas.conf(5), where the image has doas.'),
    expiredate: text('Last day of the account.', [
      (date) => date === '' || (/^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(`${date}T00:00:00Z`))),
      'must be a date',
      'Write it as "2032-09-01".',
    ]),
    inactive: text('Days after the end of a password until the account is disabled.', [
      (days) => /^\d{0,9}$/.test(days),
      'must be a number of days',
      'Leave it out to keep the account enabled.',
    ]),
    selinux_user: text('Accepted, without effect.', withoutEffect),
    snapuser: text('Accepted, without effect.', withoutEffect),
    no_log_init: flag('Accepted, without effect: nothing logs it.'),
  })

/**
 * A user of the node: the keys of cloud-init ("Users and Groups"). An item that is one text is its name.
 *
 * Lazy, because most nodes have none, and each start of the node's program would build its schemas.
 */
export const NodeUser = z.lazy(user)
export type NodeUser = z.output<typeof NodeUser>

/** Each name once: of two items with one name, nobody could say which counts. */
export const users = z.optional(
  z.array(NodeUser).check(
    z.meta({
      description:
        'Users in addition to `rancher`, as in cloud-init. An item that is one text is its name. A user that is removed from the list keeps its home directory.',
    }),
    z.superRefine((items, {issues}) => {
      items.forEach(({name}, index) => {
        if (items.findIndex((item) => item.name === name) < index)
          issues.push({
            code: 'custom',
            input: name,
            path: [index],
            message: 'has the name of an earlier user',
            params: {hint: 'Unite them, or remove one.'},
            continue: true,
          })
      })
    }),
  ),
)
