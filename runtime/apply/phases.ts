import {bootManifests} from '../appliers/boot-manifests.ts'
import {caCerts} from '../appliers/ca-certs.ts'
import {ntp} from '../appliers/clock/ntp.ts'
import {timezone} from '../appliers/clock/timezone.ts'
import {commands} from '../appliers/commands.ts'
import {connman} from '../appliers/connman.ts'
import {dataSources} from '../appliers/data-sources.ts'
import {environment} from '../appliers/environment.ts'
import {growState} from '../appliers/grow-state.ts'
import {hostname} from '../appliers/hostname.ts'
import {install} from '../appliers/install.ts'
import {kubernetes} from '../appliers/kubernetes.ts'
import {kubernetesProgram} from '../appliers/kubernetes-program.ts'
import {modules} from '../appliers/modules.ts'
import {password} from '../appliers/password.ts'
import {registries} from '../appliers/registries.ts'
import {sshAuthorizedKeys} from '../appliers/ssh-authorized-keys.ts'
import {sshPasswords} from '../appliers/ssh-passwords.ts'
import {swapFile} from '../appliers/swap/swap-file.ts'
import {zram} from '../appliers/swap/zram.ts'
import {sysctls} from '../appliers/sysctls.ts'
import {users} from '../appliers/users/users.ts'
import {wifi} from '../appliers/wifi.ts'
import {writeFiles} from '../appliers/write-files.ts'
import {network, networkForService} from '../network/appliers.ts'
import type {Applier} from './applier.ts'

/**
 * The appliers of each phase, in order. This table is the complete schedule: an applier does not know when it runs.
 *
 * - initrd: the disks are not mounted yet, no network
 * - boot: the system is complete, services are not started, no network
 * - runtime: the network is up, just before the login prompt
 *
 * Files and environment come before commands and before Kubernetes, so that they can prepare both.
 */
export const phases = {
  initrd: [modules, sysctls, hostname, password, writeFiles, environment, commands('init_cmd')],
  boot: [
    growState,
    caCerts,
    dataSources,
    modules,
    sysctls,
    zram,
    swapFile,
    hostname,
    networkForService,
    timezone,
    ntp,
    connman,
    wifi,
    password,
    users({network: false}),
    sshAuthorizedKeys({network: false}),
    registries,
    writeFiles,
    sshPasswords,
    environment,
    commands('boot_cmd'),
    kubernetes({running: false}),
  ],
  runtime: [
    // Before everything that fetches.
    caCerts,
    modules,
    sysctls,
    zram,
    swapFile,
    hostname,
    network,
    timezone,
    ntp,
    connman,
    wifi,
    password,
    users({network: true}),
    sshAuthorizedKeys({network: true}),
    registries,
    writeFiles,
    sshPasswords,
    environment,
    bootManifests,
    commands('run_cmd'),
    install,
    kubernetesProgram,
    kubernetes({running: true}),
  ],
} as const satisfies Record<string, readonly Applier[]>

export type Phase = keyof typeof phases

/** The phases in the order of a boot. */
export const phaseNames = ['initrd', 'boot', 'runtime'] as const satisfies readonly Phase[]
