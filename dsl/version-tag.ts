/**
 * A version as tag of an image and as value of a label, where `+` and `~` cannot be. `+` becomes `-` as in the controller (`MungeVersion`);
 * a label has at most 63 characters, and begins and ends with a letter or digit.
 */
export const versionTag = (version: string): string =>
  version
    .replace(/[^\w.-]/g, '-')
    .slice(0, 63)
    .replace(/[^A-Za-z0-9]+$/, '')
