import type {Identity, NodeConfig} from '#dsl'
import {askChoice, askUntil, askYesNo, type Terminal} from './terminal.ts'

/** Reads a config from somewhere, or throws with the reason: what `fetchConfig` does. */
export type LoadConfig = (location: string) => {readonly text: string; readonly config: NodeConfig}

/** The config of a new system: the text of a file, or the answers. */
export type AskedConfig = {readonly config: NodeConfig; readonly text?: string}

/** Asks for the config of the new system: a complete file, or the few values that a node needs. */
export function askConfig(terminal: Terminal, base: NodeConfig, identity: Identity, load: LoadConfig): AskedConfig {
  if (askYesNo(terminal, 'Configure the system with a config.yaml?')) {
    return askUntil(terminal, 'Its URL or path: ', (location) => {
      if (!/^(?:https?:\/\/|file:\/\/\/|\/)./.test(location)) throw new Error('Begin with https://, http:// or /.')
      return load(location)
    })
  }
  const {node, ...top} = base
  const users = askGitHubUsers(terminal)
  const keys = [...(base.ssh_authorized_keys ?? []), ...users]
  const password = askPassword(terminal, node.password !== undefined)
  const wifi = askWifi(terminal)
  return {
    config: {
      ...top,
      ...(keys.length > 0 && {ssh_authorized_keys: keys}),
      node: {
        ...node,
        ...(password !== undefined && {password}),
        ...(wifi.length > 0 && {wifi: [...(node.wifi ?? []), ...wifi]}),
        ...askCluster(terminal, node, identity),
      },
    },
  }
}

function askGitHubUsers(terminal: Terminal): string[] {
  if (!askYesNo(terminal, 'Authorize GitHub users to log in by SSH?')) return []
  return askUntil(terminal, 'Their names, separated by commas: ', (answer) => {
    const names = answer.split(/[\s,]+/).filter(Boolean)
    if (names.length === 0) throw new Error('Give at least one name.')
    // GitHub: letters, digits and single hyphens, at most 39.
    const wrong = names.find((name) => !/^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}$/.test(name))
    if (wrong !== undefined) throw new Error(`${wrong} is not a valid name of a GitHub user.`)
    return names.map((name) => `github:${name}`)
  })
}

function askPassword(terminal: Terminal, isGiven: boolean): string | undefined {
  const none = isGiven ? 'empty to keep the one that is configured' : 'empty for none'
  for (;;) {
    const secret = {ask: terminal.askSecret, print: terminal.print}
    const password = askUntil(secret, `Password for the user rancher (${none}): `, (answer) => answer)
    if (password === '') return undefined
    if (askUntil(secret, 'Repeat the password: ', (answer) => answer) === password) return password
    terminal.print('  The passwords differ.')
  }
}

function askWifi(terminal: Terminal): {name: string; passphrase: string}[] {
  const networks: {name: string; passphrase: string}[] = []
  let question = 'Configure WiFi?'
  while (askYesNo(terminal, question)) {
    const name = askUntil(terminal, 'Name of the network: ', (answer) => {
      if (answer === '' || answer.length > 32) throw new Error('A name has 1 to 32 characters.')
      return answer
    })
    const secret = {ask: terminal.askSecret, print: terminal.print}
    const passphrase = askUntil(secret, 'Passphrase: ', (answer) => {
      if (answer.length < 8 || answer.length > 63) throw new Error('A passphrase has 8 to 63 characters.')
      return answer
    })
    networks.push({name, passphrase})
    question = 'Configure another network?'
  }
  return networks
}

/** An agent must know its server; a server does not need more. */
function askCluster(terminal: Terminal, node: NodeConfig['node'], {kubernetes}: Identity): Partial<NodeConfig['node']> {
  const isAgent = askChoice(terminal, `Run as`, ['server', 'agent'], node.server_url === undefined ? 1 : 2) === 1
  if (!isAgent) {
    const token = askUntil(terminal, 'Token or cluster secret (empty for none): ', (answer) => answer)
    return token === '' ? {} : {token}
  }
  const port = kubernetes === 'rke2' ? 9345 : 6443
  const url = askUntil(terminal, 'URL of the server: ', (answer) => {
    if (!/^https:\/\/[^\s/]+/.test(answer)) throw new Error(`Begin with https://, such as https://10.0.0.1:${port}.`)
    return answer
  })
  const token = askUntil(terminal, 'Token or cluster secret: ', (answer) => {
    if (answer === '') throw new Error('An agent needs one to join.')
    return answer
  })
  return {server_url: url, token}
}
