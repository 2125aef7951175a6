import type {Provider} from '../provider.ts'

const prefix = 'file='

/** User data in a file of this machine: `file=/path`. */
export const fileSource = (name: string): Provider | undefined =>
  name.startsWith(`${prefix}/`)
    ? {
        name,
        ask(_, host) {
          const userdata = host.readBytes(name.slice(prefix.length))
          return userdata && {userdata}
        },
      }
    : undefined
