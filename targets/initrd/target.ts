import {artifactNames, defineTarget, textFile} from '#image'
import {planLiveInitrd} from '../live-initrd.ts'

/** Kernel and initrds as separate files, for boot loaders that load them directly. */
export const initrdTarget = defineTarget({
  kind: 'initrd',
  summary: 'kernel and initrd that boot without any other medium, and their parts',
  plan({image, plan}) {
    const {kernelVersion} = image
    const named = (what: string, extension = '') => artifactNames(image, extension, what)
    return [
      {...named('vmlinuz'), role: 'kernel', from: image.kernel},
      {...named('initrd'), role: 'initrd', from: planLiveInitrd(image, plan)},
      // For media that contain the layers.
      {...named('initrd-slim'), role: 'slim-initrd', from: image.initrd},
      {...named('kernel', '.squashfs'), role: 'kernel-modules', from: image.modules},
      {
        ...named('kernel-version'),
        role: 'kernel-version',
        from: plan.add(textFile, {}, {text: `${kernelVersion}\n`}, 'kernel version'),
      },
    ]
  },
})
