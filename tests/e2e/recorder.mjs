// Records a firehose as it comes: each frame behind its length, 4 bytes, big-endian.
import fs from 'node:fs'
import { Frame } from '@atproto/xrpc-server'
import WebSocket from 'ws'
import { wait } from './network.mjs'

export class Recorder {
  constructor(url, file) {
    this.url = url
    this.fd = fs.openSync(file, 'w')
    this.seq = 0 // of the last frame
    this.frames = 0
    this.seqs = new Map() // by "did rev"
    this.stopped = false
  }
  async start() {
    this.connection = this.follow()
    await this.connected
  }
  // Connects again, behind what it has, as often as the server goes away.
  async follow() {
    while (!this.stopped) {
      const socket = new WebSocket(`${this.url}?cursor=${this.seq}`)
      this.socket = socket
      socket.on('message', (frame) => this.write(frame))
      socket.on('error', () => {})
      this.connected = new Promise((resolve) => socket.once('open', resolve))
      await new Promise((resolve) => socket.once('close', resolve))
      if (!this.stopped) await wait(100)
    }
  }
  write(bytes) {
    const { type, body } = Frame.fromBytes(bytes)
    if (!(body.seq > this.seq)) return // it says something about the stream, or again
    this.seq = body.seq
    this.frames += 1
    if (type === '#commit') this.seqs.set(`${body.repo} ${body.rev}`, body.seq)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    fs.writeSync(this.fd, length)
    fs.writeSync(this.fd, bytes)
  }
  // The seq of a commit, when it has come.
  async seqOf(did, rev) {
    for (let ms = 0; ms < 120000; ms += 5) {
      const seq = this.seqs.get(`${did} ${rev}`)
      if (seq) return seq
      await wait(5)
    }
    throw new Error(`the commit ${rev} of ${did} does not come`)
  }
  // When nothing has come for a while.
  async settle(ms = 500) {
    for (let before = -1; before !== this.seq; await wait(ms)) before = this.seq
  }
  async stop() {
    this.stopped = true
    this.socket.terminate()
    await this.connection
    fs.closeSync(this.fd)
  }
}

export function* readFrames(file) {
  const all = fs.readFileSync(file)
  for (let at = 0; at < all.length; ) {
    const length = all.readUInt32BE(at)
    yield all.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
}
