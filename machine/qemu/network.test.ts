import {expect, test} from 'vitest'
import {networkArguments, parseForwardedPorts} from './network.ts'

test('a port is forwarded only from the loopback address, and the kernel chooses a free one', () => {
  const [, user] = networkArguments({forward: [{guestPort: 22}, {guestPort: 80, hostPort: 8080}], restrict: true})

  expect(user).toBe('user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:8080-:80')
})

test('an address for the guest runs a command for each connection', () => {
  const forward = {address: '169.254.169.254', port: 80, hostPort: 4000}
  const [, user = ''] = networkArguments({subnet: '169.254.169.0/24', guestForward: [forward]})

  expect(user).toMatch(/net=169\.254\.169\.0\/24,guestfwd=tcp:169\.254\.169\.254:80-cmd:'.*node.*' -e '.*' 4000$/)
  // A single comma would end the option in the middle of the program.
  expect(user.split('cmd:')[1]?.replaceAll(',,', '')).not.toContain(',')
})

test('the ports that the kernel chose are read from the monitor', () => {
  const answer = [
    'Hub -1 (net0):\r',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r',
    '  TCP[HOST_FORWARD]  14       127.0.0.1 36123       10.0.2.15    22     0     0\r',
    '  UDP[84 sec]        22       10.0.2.15 56723        10.0.2.3    53     0     0\r',
  ].join('\n')

  expect([...parseForwardedPorts(answer)]).toEqual([[22, 36123]])
})
