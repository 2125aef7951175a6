/** The real location of a path: since Debian 12, top-level directories are symlinks into /usr (base-files, "merged /usr"). */
export const mergedUsr = (path: string): string => path.replace(/^\/(?=(?:s?bin|lib(?:32|64|o32|x32)?)\/)/, '/usr/')
