import {dump} from 'js-yaml'
import type {KubernetesObject} from './kubernetes-object.ts'

/**
 * Objects as one YAML file.
 *
 * Kubernetes reads YAML 1.1; the library quotes what that would take for another type than a string, such as `on`.
 */
export const renderManifests = (objects: readonly KubernetesObject[]): string =>
  objects.map((object) => `---\n${dump(object, {lineWidth: -1, noRefs: true})}`).join('')
