// Makes the fixture that the project ships: fixture.mjs FOLDER [STEPS]
//
// A PDS and a PLC directory on loopback, a world of coffee on them, all frames as they came, and
// what the reference libraries make of them. examples/data/README.md says what is in the files.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Firehose } from '@atproto/sync'
import { IdResolver, MemoryCache } from '@atproto/identity'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Network, wait } from './network.mjs'
import { Recorder } from './recorder.mjs'
import { truthOf } from './truth.mjs'
import { World } from './world.mjs'

const [folder, steps = '1500'] = process.argv.slice(2)
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'refold-fixture-'))
const frames = path.join(work, 'frames')
const network = new Network(path.join(work, 'network'))
await network.start()
const recorder = new Recorder(network.firehose, frames)
await recorder.start()

// The reference client follows live: it verifies each signature and each proof, and tells what it
// took for true.
const verified = new Set()
const faults = []
let seen = 0
const idResolver = new IdResolver({
  plcUrl: network.plc, didCache: new MemoryCache(), fetch, timeout: 60000,
})
idResolver.handle.resolve = async (handle) =>
  (await network.visitor.resolveHandle({ handle }).catch(() => null))?.data.did
const client = new Firehose({
  service: network.firehose.replace(/\/xrpc.*/, ''),
  idResolver,
  getCursor: async () => 0,
  handleEvent: ({ event, seq, collection, rkey, cid }) => {
    verified.add([seq, event, collection, rkey, cid ?? ''].join(' '))
    seen = seq
  },
  onError: (fault) => faults.push(`${fault.message}: ${fault.cause?.message}`),
})
client.start()

const world = new World(network)
await world.live(+steps)
const documents = await Promise.all(world.people.map(({ did }) => network.didDocument(did)))
await recorder.settle(2000)
while (seen < recorder.seq && faults.length === 0) await wait(100)
const repos = await network.repos()
await client.destroy()
await recorder.stop()
await network.stop()

const keys = new Map(documents.map(({ did, data }) => [did, data.verificationMethods.atproto]))
const truth = await truthOf(frames, keys)
const check = (holds, what) => {
  if (!holds) throw new Error(what)
}
check(faults.length === 0, `the reference client refused: ${faults[0]}`)
for (const { seq, action, collection, rkey, cid } of truth.operations) {
  const name = [seq, action, collection, rkey, cid ?? ''].join(' ')
  check(verified.has(name), `the reference client did not take ${name}`)
}
// The records of each repo, folded from the frames, are those of its CAR.
for (const repo of repos) {
  const folded = truth.repos.get(repo.did)
  const same = folded.commit === repo.commit && folded.rev === repo.rev &&
    folded.records.size === repo.records.length &&
    repo.records.every(([name, cid]) => folded.records.get(name) === cid)
  check(same, `the repo of ${repo.did} is another one than the frames say`)
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const put = (name, content) => {
  const file = path.join(folder, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  if (name.endsWith('.gz')) return fs.writeFileSync(file, gzipSync(content, { level: 9 }))
  if (!name.endsWith('.zst')) return fs.writeFileSync(file, content)
  const from = path.join(work, path.basename(name))
  fs.writeFileSync(from, content)
  execFileSync('zstd', ['-q', '-f', '-19', '-o', file, from])
}
const lines = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const listing = (records) => sha256(records.map(([name, cid]) => `${name} ${cid}\n`).join(''))
put('frames.zst', fs.readFileSync(frames))
put('events.jsonl.gz', lines(truth.lines))
put('dids.jsonl', lines(documents))
put('truth/operations.jsonl.gz', lines(truth.operations.map(({ record, ...rest }) => rest)))
put('truth/repos.jsonl', lines(repos.map(({ did, rev, commit, data, records }) => (
  { did, rev, commit, data, records: records.length, sha256: listing(records) }))))
for (const { did, car } of repos.slice(0, 3)) put(`repos/${did.replaceAll(':', '-')}.car`, car)
put('about.json', `${JSON.stringify({
  made: new Date().toISOString(), decigramsSince: world.decigramsSince, lastSeq: recorder.seq,
  frames: recorder.frames, counts: truth.counts,
  accounts: Object.fromEntries(world.people.map(({ did, handle }) =>
    [network.accounts.get(did)?.handle ?? handle, did])),
}, null, 2)}\n`)
fs.rmSync(work, { recursive: true })
console.log(JSON.stringify({ frames: recorder.frames, ...truth.counts }))
process.exit(0)
