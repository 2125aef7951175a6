import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {inStage0, makeFiles, reason, title} from '../../test/in-stage0.ts'
import {scratchDirectory} from '../../test/scratch.ts'

/** Boots of version 2 on trial, whose boots are counted in a file. */
function countedBoot(trial: string, more = '') {
  const system = makeFiles(scratchDirectory(), {
    'haos/1/layers': '',
    'haos/2/layers': '',
    'haos/previous': '-> 1',
    'haos/current': '-> 2',
    current: '-> releases/2',
    trial,
  })
  const script = `sync() { echo "synced: $(cat "$system/.trial.next" 2>/dev/null || cat "$system/trial")"; }
reboot_on_panic() { :; }
start_watchdog() { echo "watched for $trial minutes"; }
trial='' fellback='' panic='' system='${system}'
${more}
count_trial; echo "$version${'${fellback:+, gone back from $fellback}'}"`
  return {said: inStage0(script).split('\n'), left: readFileSync(join(system, 'trial'), 'utf8')}
}

test.skipIf(reason)(
  title('where GRUB does not count, the boot of a version on trial is on the disk before it runs'),
  () => {
    expect(countedBoot('2 3 15\n')).toEqual({
      said: ['synced: 2 2 15', 'synced: 2 2 15', 'watched for 15 minutes', 'current'],
      left: '2 2 15\n',
    })
    expect(countedBoot('2 1 15\n').left).toBe('2 0 15\n')
  },
)

test.skipIf(reason)(title('once no boot of a trial is left or can be counted, the previous version runs'), () => {
  const back = 'previous, gone back from 2'
  expect(countedBoot('2 0 15\n').said).toEqual([back])
  expect(countedBoot('2 3 15\n', "writable=''").said).toEqual([back])
  expect(countedBoot('2 3 15\n', 'mv() { false; }').said.at(-1)).toBe(back)
  expect(countedBoot('2 x 15\n').said).toEqual([back])
  expect(countedBoot('2 0 15\n', 'rm "$system/haos/previous"').said).toEqual(['current'])
})

test.skipIf(reason).each([
  ['of a version that is not the current one', '3 3 15\n', ''],
  ['that GRUB counts', '2 3 15\n', 'trial=15'],
  ['on a live system', '2 3 15\n', 'mode=live'],
  ['whose file is damaged', 'x', ''],
  ['whose file is empty', '', ''],
])(title('a trial %s is not counted in the file'), (_, trial, more) => {
  expect(countedBoot(trial, more)).toEqual({said: ['current'], left: trial})
})
