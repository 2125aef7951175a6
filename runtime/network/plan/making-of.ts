import {bondOptions, bridgeOptions} from './link-options.ts'
import type {WantedLink} from './wanted.ts'

/** The arguments of `ip link` that make a link: its kind and options. Empty for a card. */
export function makingOf(link: WantedLink): readonly string[] {
  switch (link.kind) {
    case 'ethernet':
      return []
    case 'vlan':
      return ['type', 'vlan', 'id', link.settings.id ?? '']
    case 'bond':
      return ['type', 'bond', ...bondOptions(link.settings)]
    case 'bridge':
      return ['type', 'bridge', ...bridgeOptions(link.settings)]
  }
}

/** What a link was made from, for comparison with the next document. */
export const signatureOf = (link: WantedLink): string =>
  [...(link.kind === 'vlan' ? [link.settings.link ?? ''] : []), ...makingOf(link)].join(' ')
