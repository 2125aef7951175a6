import {firstBoot} from './first-boot.ts'
import {installations} from './installation.ts'
import {runningSystem} from './running-system.ts'
import type {PowerCutSubject} from './subject.ts'
import {loaders, rollbacks, upgrades} from './upgrade.ts'

/** Everything that is cut, and how often. */
export const subjects: readonly {readonly subject: PowerCutSubject; readonly cuts: number}[] = [
  ...installations.map((subject) => ({subject, cuts: 7})),
  {subject: firstBoot, cuts: 20},
  {subject: runningSystem, cuts: 20},
  ...upgrades.map((subject) => ({subject, cuts: 20})),
  ...loaders.map((subject) => ({subject, cuts: 5})),
  ...rollbacks.map((subject) => ({subject, cuts: 5})),
]
