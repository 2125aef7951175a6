import {execFileSync} from 'node:child_process'
import {createHash, createPublicKey, generateKeyPairSync} from 'node:crypto'
import {join} from 'node:path'
import {expect} from 'vitest'
import type {Machine} from '../../machine/machine.ts'

/** A private key in a file, and the public one as a node keeps it. */
export interface BootKey {
  readonly file: string
  readonly id: string
  readonly pem: string
}

/** Makes a key as the documentation says. */
export function makeBootKey(directory: string): BootKey {
  const file = join(directory, 'release.pem')
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file], {stdio: 'pipe'})
  return {file, ...publicPart(execFileSync('openssl', ['pkey', '-in', file, '-pubout'], {encoding: 'utf8'}))}
}

function publicPart(pem: string) {
  const der = createPublicKey(pem).export({type: 'spki', format: 'der'})
  return {pem, id: createHash('sha256').update(der).digest('hex')}
}

/** Lets a node trust a key alone, until it is booted again. */
export async function trustKey(machine: Machine, {id, pem}: Omit<BootKey, 'file'>): Promise<void> {
  // The image has no keys of its own, and its files cannot be changed: an overlay stands for another image.
  const [lower, keys] = ['/usr/lib/haos', '/usr/lib/haos/upgrade-keys']
  const layers = `lowerdir=${lower},upperdir=/run/trusted/upper,workdir=/run/trusted/work`
  await machine.succeed(
    `test -d ${keys} || { sudo mkdir -p /run/trusted/upper/upgrade-keys /run/trusted/work && sudo mount -t overlay -o ${layers} image ${lower}; }`,
  )
  await machine.succeed(`sudo rm -f ${keys}/*; echo '${pem.trim()}' | sudo tee ${keys}/${id}.pem`)
}

/** Lets a node trust a key that has signed nothing. */
export const trustStranger = (machine: Machine): Promise<void> =>
  trustKey(
    machine,
    publicPart(generateKeyPairSync('ed25519').publicKey.export({type: 'spki', format: 'pem'}).toString()),
  )

/**
 * Lets a node trust a key, and asks it for what it must refuse: the signed release on a disk by another key, unsigned, and with one
 * byte changed. Afterwards the node trusts the key, and has installed nothing.
 */
export async function askSignatures(machine: Machine, key: BootKey, device: string): Promise<void> {
  const timeout = {timeoutMs: 5 * 60_000}
  const refuse = async (source: string, reason: string) =>
    expect(await machine.run(`sudo haos upgrade --source ${source}`, timeout)).toMatchObject({
      status: 1,
      output: expect.stringContaining(reason),
    })
  await trustStranger(machine)
  await refuse(device, `is signed with ${key.id.slice(0, 12)}, and this node takes only releases signed with the key`)
  await trustKey(machine, key)

  await machine.succeed(`sudo mkdir -p /run/medium && sudo mount -o ro ${device} /run/medium`)
  // Links to all files, of which one is replaced. The version's own directory is found without the link to it.
  const copy = (name: string) => `sudo cp -as /run/medium/haos/system /run/${name} && sudo rm /run/${name}/haos/current`
  await machine.succeed(`${copy('unsigned')} && sudo rm /run/unsigned/haos/*/release.json.sig`)
  await refuse('/run/unsigned', '/run/unsigned is not signed')
  const flip =
    'file=$(echo /run/flipped/haos/*/release.json) && sudo rm $file && ' +
    `sed '0,/"date": "20/s//"date": "21/' /run/medium/haos/system/haos/current/release.json | sudo tee $file`
  await machine.succeed(`${copy('flipped')} && ${flip}`)
  await refuse('/run/flipped', 'the signature of /run/flipped does not fit: its release.json was changed')
  await machine.succeed('sudo umount /run/medium && sudo rm -r /run/unsigned /run/flipped')
  expect(await machine.succeed('sudo haos versions | grep -v sha256; ls -A /haos/system/haos')).not.toContain('0.2.0')
}
