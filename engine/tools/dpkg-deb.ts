import {defineTool} from '#engine'

/** Prints the files of a .deb as a tar archive (dpkg-deb(1)). */
export const dpkgDeb = defineTool<{readonly archive: string}>({
  name: 'dpkg-deb',
  purpose: 'read a Debian package',
  package: 'dpkg',
  args: ({archive}) => ['--fsys-tarfile', archive],
})

/** Prints the control fields of a .deb (dpkg-deb(1)). */
export const dpkgDebField = defineTool<{readonly archive: string}>({
  name: 'dpkg-deb',
  purpose: 'read a Debian package',
  package: 'dpkg',
  args: ({archive}) => ['--field', archive],
})
