import {defineApplier} from '../apply/applier.ts'
import {renderStatus} from '../host/host.ts'

/**
 * Installs the system if the machine was booted in install mode. The installer on the consoles asks for missing
 * answers.
 */
export const install = defineApplier({
  name: 'install',
  keys: ['.install'],
  select: (config) => config,
  apply(_, {host, identity}) {
    if ((host.read(`${identity.runDir}/mode`) ?? '').trim() !== 'install') return 'unchanged'
    const {status} = host.run([identity.name, 'install'], {output: 'inherit'})
    if (status !== 0) throw new Error(`failed: ${identity.name} install ${renderStatus(status)}`)
    return 'changed'
  },
})
