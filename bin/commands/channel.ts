import {readFile} from 'node:fs/promises'
import {Args, Flags} from '@oclif/core'
import {channelServers, renderChannel} from '#cluster'
import {HaosError, versionTag} from '#dsl'
import {writeAtomically} from '#engine'
import {ProjectCommand, projectFlags} from '../project-command.ts'

export default class Channel extends ProjectCommand {
  static override summary = 'Print the redirect that makes a URL an upgrade channel, for a web server.'
  static override description =
    "The system-upgrade-controller takes a version only from a redirect with status 302; a static file, or a 301, makes it take the URL's own last element. " +
    'The version is that of the recipe. For S3, the output is the routing rules of a bucket that is served as a website: a bucket has one list of them, so give --rules where it has others.'
  static override examples = [
    {description: 'A file that nginx includes', command: '<%= config.bin %> channel nginx --out stable.conf'},
    {
      description: 'An earlier version for everybody',
      command: '<%= config.bin %> channel caddy --plan-version 1.3.2 --channel https://releases.example.com/stable',
    },
  ]
  static override args = {
    server: Args.string({
      description: 'The web server.',
      options: [...channelServers],
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...projectFlags,
    channel: Flags.string({
      description: 'URL of the channel. Default: `cluster.channel` of the recipe.',
      helpValue: 'URL',
    }),
    'plan-version': Flags.string({
      description: 'Version that the channel names. Default: that of the recipe.',
      helpValue: 'VERSION',
    }),
    rules: Flags.string({
      description:
        'For S3: file with all routing rules of the bucket, as JSON. They are kept, and the rule of the channel is added or replaced.',
      helpValue: 'FILE',
    }),
    out: Flags.string({description: 'File to write. Default: standard output.'}),
  }

  async run() {
    const {args, flags} = await this.parse(Channel)
    const {spec} = await this.load(flags)
    const channel = flags.channel ?? spec.cluster?.channel
    if (channel === undefined)
      throw new HaosError('USAGE_INVALID', 'no channel is named', {
        hint: 'Give --channel, or set `cluster.channel` in the recipe, to an http(s) URL with a path, such as https://releases.example.com/stable.',
      })
    if (flags.rules !== undefined && args.server !== 's3')
      throw new HaosError('USAGE_INVALID', '--rules is for s3', {
        hint: 'Leave it out: nginx and Caddy have settings of their own for each channel.',
      })
    const server = channelServers.find((name) => name === args.server) ?? 'nginx'
    const version = versionTag(flags['plan-version'] ?? spec.version)
    const rules = flags.rules === undefined ? undefined : await readRules(flags.rules)
    const text = renderChannel(server, {channel, version, rules})
    if (flags.out !== undefined) await writeAtomically(flags.out, text)
    else if (!this.jsonEnabled()) process.stdout.write(text)
    return {type: 'result' as const, server, channel, version, text}
  }
}

const readRules = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new HaosError('USAGE_INVALID', `the file of --rules cannot be read: ${file}`, {
      cause,
      hint: 'Write the rules to it first: aws s3api get-bucket-website --bucket BUCKET --query RoutingRules.',
    })
  })
