/** Path of the configs of many nodes on a medium whose config.yaml has a path. */
export const nodesBeside = (configPath: string): string => configPath.replace(/config\.yaml$/, 'nodes')
