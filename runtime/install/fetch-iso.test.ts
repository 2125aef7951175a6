import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveFromProcess} from '../../test/served-from-process.ts'

const script = readFileSync(new URL('install.sh', import.meta.url), 'utf8')
const [getIso = ''] = /^get_iso\(\) \{\n.*?^\}$/ms.exec(script) ?? []
const [mountAt = ''] = /^mount_at\(\) \{\n.*?^\}$/ms.exec(script) ?? []

/** Runs the function of install.sh that fetches an ISO, on a machine that has only this program for it. */
async function fetchWith(program: string, iso: string, certificate: string): Promise<string> {
  const [work, bin] = [scratchDirectory(), scratchDirectory()]
  for (const name of [program, 'grep', 'cat', 'mkdir']) symlinkSync(`/usr/bin/${name}`, join(bin, name))
  mkdirSync(join(work, 'iso/x/system/1/current/layers'), {recursive: true})
  const wgetrc = join(work, 'wgetrc')
  writeFileSync(wgetrc, `ca_certificate = ${certificate}\n`)
  const around = `work=${work} iso=${iso}
    fail() { echo "$1"; exit 1; }
    mount() { :; }
    mkdir() { :; }
    cd "$work"`
  const {stdout} = await execa('/bin/sh', ['-c', `${around}\n${mountAt}\n${getIso}\nget_iso; cat "$work/image.iso"`], {
    env: {PATH: bin, CURL_CA_BUNDLE: certificate, WGETRC: wgetrc},
    extendEnv: false,
    reject: false,
    stderr: 'ignore',
  })
  return stdout.split('\n').at(-1) ?? ''
}

test.each(['curl', 'wget'])('an ISO to which %s is redirected from https to http is refused', async (program) => {
  const {plain, secure, certificate} = await serveFromProcess()
  const fetch = (iso: string) => fetchWith(program, iso, certificate)

  expect(await fetch(`${plain}/to-secure`)).toBe('hello')
  expect(await fetch(`${secure}/to-secure`)).toBe('hello')
  expect(await fetch(`${secure}/to-plain`)).toMatch(/could not be fetched|is refused/)
})
