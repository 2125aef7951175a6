/** The parent directory of an absolute path; that of `/` is `/`. */
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/'

/** The parent directories of an absolute path, from the highest to the lowest, without `/`. */
export function parentsOf(path: string): string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}
