/** Where a path really is: directories at the top have been links into /usr since Debian 12 (base-files, "merged /usr"). */
export const mergedUsr = (path: string): string => path.replace(/^\/(?=(?:s?bin|lib(?:32|64|o32|x32)?)\/)/, '/usr/')
