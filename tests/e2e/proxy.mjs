// A TCP proxy in front of a WebSocket server that can cut connections, also inside a frame.
import net from 'node:net'

// Finds where the frames of a server begin in what it sends.
class FrameSplitter {
  constructor() {
    this.left = Buffer.alloc(0)
    this.upgraded = false
  }
  // The pieces of what came: the answer to the handshake, and whole frames. The rest is kept.
  push(bytes) {
    this.left = Buffer.concat([this.left, bytes])
    const pieces = []
    for (let size = this.size(); size && size <= this.left.length; size = this.size()) {
      pieces.push({ bytes: this.left.subarray(0, size), isFrame: this.upgraded })
      this.left = this.left.subarray(size)
      this.upgraded = true
    }
    return pieces
  }
  // Of the next piece; 0 if it is not known yet.
  size() {
    const { left } = this
    if (!this.upgraded) return left.indexOf('\r\n\r\n') < 0 ? 0 : left.indexOf('\r\n\r\n') + 4
    if (left.length < 2) return 0
    const length = left[1] & 127
    if (length < 126) return 2 + length
    if (length === 126) return left.length < 4 ? 0 : 4 + left.readUInt16BE(2)
    return left.length < 10 ? 0 : 10 + Number(left.readBigUInt64BE(2))
  }
}

export class Proxy {
  constructor(port) {
    this.target = port
    this.connections = new Set()
    this.cutAfter = Infinity // frames
    this.cuts = 0
    this.accepted = 0
  }
  async start() {
    this.server = net.createServer((client) => this.accept(client))
    this.server.listen(0, '127.0.0.1')
    await new Promise((resolve) => this.server.once('listening', resolve))
    this.port = this.server.address().port
  }
  // Each connection from now on, and each that there is, is cut in the middle of the frame behind
  // the next `frames` of them, until this is called with nothing.
  cutInsideFrame(frames = Infinity) {
    this.cutAfter = frames
    for (const connection of this.connections) connection.passed = 0
  }
  // Every connection is cut at once.
  cut() {
    for (const { client } of this.connections) client.resetAndDestroy()
  }
  async stop() {
    this.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }

  accept(client) {
    this.accepted += 1
    const server = net.connect(this.target, '127.0.0.1')
    const connection = { client, passed: 0 }
    const splitter = new FrameSplitter()
    this.connections.add(connection)
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes) => {
      for (const piece of splitter.push(bytes)) if (!this.pass(connection, piece)) return
      if (!client.write('')) server.pause()
    })
    client.on('drain', () => server.resume())
    const end = () => {
      this.connections.delete(connection)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('close', end).on('error', end)
  }
  // False if the connection was cut instead.
  pass(connection, { bytes, isFrame }) {
    if (!isFrame || connection.passed < this.cutAfter || bytes.length < 8) {
      if (isFrame) connection.passed += 1
      connection.client.write(bytes)
      return true
    }
    this.cuts += 1
    connection.client.write(bytes.subarray(0, bytes.length / 2), () => connection.client.destroy())
    return false
  }
}
