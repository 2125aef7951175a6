import {artifactNames, defineTarget, textFile} from '#image'
import {networkBootFiles} from '#layout'
import {planLiveInitrd} from '../live-initrd.ts'
import {ipxeScript} from './ipxe-script.ts'

/** A directory that any TFTP or HTTP server can serve to machines that boot over the network. */
export const pxeTarget = defineTarget({
  kind: 'pxe',
  summary: 'the directory of a network boot server: kernel, initrd and iPXE script',
  plan({image, plan}) {
    const named = (file: string) => artifactNames(image, `/${file}`, 'pxe')
    return [
      {
        ...named(networkBootFiles.script),
        role: 'ipxe',
        from: plan.add(textFile, {}, {text: ipxeScript(image)}, 'iPXE script'),
      },
      {...named(networkBootFiles.kernel), role: 'kernel', from: image.kernel},
      {...named(networkBootFiles.initrd), role: 'initrd', from: planLiveInitrd(image, plan)},
    ]
  },
})
