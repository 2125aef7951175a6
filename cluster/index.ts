export {channelServers, renderChannel} from './channel-snippets.ts'
export {clusterManifests, type ManifestGroup, manifestGroups} from './cluster-manifests.ts'
export type {KubernetesObject} from './kubernetes-object.ts'
export {renderManifests} from './render-manifests.ts'
