/** The paths of a package in the database of a package manager, as written there. */
export interface PackageFiles {
  readonly name: string
  readonly paths: readonly string[]
}

const DPKG_LIST = /^\/var\/lib\/dpkg\/info\/([^/:]+)(?::[^/]+)?\.list$/
const APK_DATABASE = /^\/(?:usr\/)?lib\/apk\/db\/installed$/

/** Whether a file of a tree is a database of packages' files. */
export const isPackageDatabase = (path: string): boolean => DPKG_LIST.test(path) || APK_DATABASE.test(path)

/**
 * Parses such a database: a list of dpkg (dpkg-query(1), FILES), or the one of apk (apk-package(5), "Installed
 * database").
 */
export function parsePackageDatabase(path: string, text: string): PackageFiles[] {
  const name = DPKG_LIST.exec(path)?.[1]
  if (name !== undefined) return [{name, paths: text.split('\n').filter((line) => line.startsWith('/'))}]
  return text.split('\n\n').map((stanza) => {
    const paths: string[] = []
    let package_ = ''
    let directory = ''
    for (const line of stanza.split('\n')) {
      const value = line.slice(2)
      if (line.startsWith('P:')) package_ = value
      if (line.startsWith('F:')) {
        directory = `/${value}`
        paths.push(directory)
      }
      if (line.startsWith('R:')) paths.push(`${directory === '/' ? '' : directory}/${value}`)
    }
    return {name: package_, paths}
  })
}
