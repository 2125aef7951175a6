import type {Identity} from './identity.ts'

/** Domain of labels and annotations that have no value of their own: that of the label for the version, if it has one. */
export const labelDomain = ({name, versionLabel}: Identity): string =>
  versionLabel.includes('/') ? versionLabel.slice(0, versionLabel.indexOf('/')) : `${name}.io`
