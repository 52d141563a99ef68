// A network for tests in any language: drive.mjs FOLDER
//
// Reads commands from standard input, a JSON object a line, and answers each with a line, in order:
// {"ok":...} or {"error":"..."}. Lines with "wrote" come in between while load is being written.
// network.py speaks this. Ends, with all servers, when its standard input does.
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { Network, wait } from './network.mjs'
import { Proxy } from './proxy.mjs'
import { Recorder } from './recorder.mjs'
import { truthOf } from './truth.mjs'

const folder = process.argv[2]
const network = new Network(path.join(folder, 'network'))
const frames = path.join(folder, 'frames')
const keys = new Map()
let recorder
let proxy
let load = Promise.resolve()
let loading = false
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

// Writes brews, `rate` a second for `seconds` or until it is enough, by turns of the accounts, at
// most `openMax` at once. A write that fails is told of, and not tried again.
const openMax = 100
async function writeLoad({ rate, seconds }) {
  const accounts = [...network.accounts.keys()]
  const began = Date.now()
  const open = new Set()
  for (let i = 0; loading && i < rate * seconds; ++i) {
    await wait(Math.max(0, began + (i * 1000) / rate - Date.now()))
    while (open.size >= openMax) await Promise.race(open)
    const did = accounts[i % accounts.length]
    const bean = `at://${did}/social.arabica.alpha.bean/3k${i}`
    const record = { beanRef: bean, rating: 1 + (i % 10), createdAt: new Date().toISOString() }
    const from = Date.now()
    const writing = network.create(did, 'social.arabica.alpha.brew', record).then(
      ({ uri, cid, rev }) => say({ wrote: uri, cid, rev, from, to: Date.now() }),
      (fault) => say({ wrote: null, error: fault.message }))
    open.add(writing)
    writing.then(() => open.delete(writing))
  }
  await Promise.all(open)
}

const commands = {
  async start() {
    await network.start()
    recorder = new Recorder(network.firehose, frames)
    await recorder.start()
    proxy = new Proxy(network.pdsPort)
    await proxy.start()
    const { plc, url, firehose } = network
    return { plc, pds: url, firehose, proxy: firehose.replace(network.pdsPort, proxy.port), frames }
  },
  stopPds: () => network.stopPds(),
  killPds: () => network.killPds(),
  startPds: () => network.startPds(),
  async account({ name }) {
    const { did, handle } = await network.createAccount(name)
    keys.set(did, (await network.didDocument(did)).data.verificationMethods.atproto)
    return { did, handle }
  },
  handle: ({ did, name }) => network.changeHandle(did, name),
  deactivate: ({ did }) => network.deactivate(did),
  activate: ({ did }) => network.activate(did),
  delete: ({ did }) => network.deleteAccount(did),
  // One commit. The seq is that of the firehose.
  async write({ did, writes }) {
    const { rev, results } = await network.write(did, writes)
    return { rev, results, seq: rev && (await recorder.seqOf(did, rev)) }
  },
  // Begins to write load, and answers at once; loaded waits for its end, enough ends it early.
  load(how) {
    loading = true
    load = writeLoad(how)
  },
  enough() {
    loading = false
    return load
  },
  loaded: () => load,
  // What came on the firehose so far, when nothing more comes.
  async seq() {
    await recorder.settle()
    return { seq: recorder.seq, frames: recorder.frames }
  },
  // By the reference libraries: the operations on the firehose, and each repo as it is now, which
  // is not what they say if it is `forked`.
  async truth() {
    await recorder.settle()
    const { operations, counts, repos: sent } = await truthOf(frames, keys)
    const forked = (did) => sent.get(did)?.forked ?? false
    const repos = await network.repos()
    const told = repos.map(({ car, ...repo }) => ({ ...repo, forked: forked(repo.did) }))
    return { operations, counts, repos: told }
  },
  // What came on the firehose so far, as Jetstream v1 sends it, a line each.
  async lines() {
    await recorder.settle()
    const { lines } = await truthOf(frames, keys)
    const file = path.join(folder, 'events.jsonl')
    fs.writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return { file, lines: lines.length }
  },
  // Cuts connections that go through the proxy: at once, or in the middle of the frame behind the
  // next `frames`, also of later connections, until `frames` is null.
  cut({ frames: count }) {
    if (count === undefined) proxy.cut()
    else proxy.cutInsideFrame(count ?? undefined)
  },
  cuts: () => ({ cuts: proxy.cuts, accepted: proxy.accepted }),
}

const input = readline.createInterface({ input: process.stdin })
for await (const line of input) {
  const { do: name, ...given } = JSON.parse(line)
  try {
    if (!commands[name]) throw new Error(`there is no command '${name}'`)
    say({ ok: (await commands[name](given)) ?? null })
  } catch (fault) {
    say({ error: `${name}: ${fault.message}` })
  }
}
process.exit(0)
