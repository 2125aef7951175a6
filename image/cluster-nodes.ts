import {clusterManifests, type KubernetesObject, renderManifests} from '#cluster'
import type {FileNode, ImageSpec} from '#dsl'

/**
 * The manifests of an image whose recipe has `cluster`, where the originals have theirs: servers place them where k3s and rke2 apply them.
 *
 * The namespace is in one file only: each file is an add-on of its own, and two would own it. Plans follow the channel; one for a fixed version would
 * change whenever a server is upgraded.
 */
export function clusterNodes({identity, cluster, version}: ImageSpec): FileNode[] {
  if (cluster === undefined) return []
  const from = cluster.channel === undefined ? undefined : {channel: cluster.channel}
  const {controller, plans, config} = clusterManifests({identity, cluster, version, from, legacy: cluster.legacyLabels})
  const directory = `/usr/share/rancher/${identity.kubernetes}/server/manifests`
  const file = (name: string, objects: readonly KubernetesObject[]): FileNode[] =>
    objects.length === 0
      ? []
      : [
          {
            type: 'file',
            path: `${directory}/${name}`,
            mode: '0644',
            uid: 0,
            gid: 0,
            content: {text: renderManifests(objects)},
          },
        ]
  const others = (objects: readonly KubernetesObject[]) => objects.filter(({kind}) => kind !== 'Namespace')
  return [
    ...file('system-upgrade-controller.yaml', controller),
    ...file(`system-upgrade-plans/${identity.name}-latest.yaml`, others(plans)),
    ...file(`${identity.name}-config.yaml`, others(config)),
  ]
}
