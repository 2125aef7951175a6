import {createSocket} from 'node:dgram'

/** Seconds from the epoch of NTP, 1900, to that of Unix. */
const epoch = 2_208_988_800

/** An NTP server (RFC 5905) on the loopback address, which a guest reaches as 10.0.2.2. Undefined without permission to use its port. */
export async function serveTime(): Promise<AsyncDisposable | undefined> {
  const socket = createSocket('udp4')
  socket.on('message', (request, {port, address}) => {
    if (request.length >= 48) socket.send(answer(request), port, address)
  })
  const isBound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(123, '127.0.0.1', () => resolve(true))
  })
  if (!isBound) return undefined
  return {[Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve()))}
}

function answer(request: Buffer): Buffer {
  const reply = Buffer.alloc(48)
  // Version 4, mode server; stratum 2; poll as requested; a precision of 1 ms.
  reply.set([0x24, 2, request.readUInt8(2), 0xf6])
  const now = Date.now() / 1000 + epoch
  const write = (at: number) => {
    reply.writeUInt32BE(Math.floor(now), at)
    reply.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), at + 4)
  }
  write(16)
  // The client's transmit timestamp.
  request.copy(reply, 24, 40, 48)
  write(32)
  write(40)
  return reply
}
