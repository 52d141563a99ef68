// What the frames of a capture say, by the reference libraries alone: every operation, every event
// in the form of Jetstream v1, and the state of each repo in the end. Nothing here is Refold's.
import { lexToJson } from '@atproto/lex-json'
import {
  cborToLexRecord, def, MemoryBlockstore, MST, readCarWithRoot, verifyCommitSig,
} from '@atproto/repo'
import { Frame } from '@atproto/xrpc-server'
import { readFrames } from './recorder.mjs'

// The operations of a commit, and its tree. Its signature must be good, and undoing the operations
// on the part of the tree that it has must give the tree before.
async function readCommit(body, signingKey) {
  const car = await readCarWithRoot(body.blocks)
  const blocks = new MemoryBlockstore(car.blocks)
  const commit = await blocks.readObj(car.root, def.commit)
  if (!(await verifyCommitSig(commit, signingKey))) throw new Error(`seq ${body.seq}: signature`)
  if (body.prevData) {
    let tree = MST.load(blocks, commit.data)
    for (const { action, path, prev } of [...body.ops].reverse()) {
      if (action === 'create') tree = await tree.delete(path)
      if (action === 'update') tree = await tree.update(path, prev)
      if (action === 'delete') tree = await tree.add(path, prev)
    }
    if (!(await tree.getPointer()).equals(body.prevData)) throw new Error(`seq ${body.seq}: tree`)
  }
  const operations = body.ops.map(({ action, path, cid, prev }, index) => {
    const [collection, rkey] = path.split('/')
    const record = cid && lexToJson(cborToLexRecord(car.blocks.get(cid)))
    const names = { seq: body.seq, index, did: body.repo, rev: body.rev, time: body.time }
    const cids = { cid: cid ? `${cid}` : null, prev: prev ? `${prev}` : null }
    return { ...names, action, collection, rkey, ...cids, record }
  })
  return { operations, data: commit.data }
}

// As Jetstream v1 sends them. A delete has neither a record nor a CID.
const commitLine = ({ did, rev, action, collection, rkey, record, cid }, time_us) => ({
  did,
  time_us,
  kind: 'commit',
  commit: { rev, operation: action, collection, rkey, ...(cid ? { record, cid } : {}) },
})
const pick = (object, names) =>
  Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]))

// { operations, lines, repos, counts }. `keys` has the signing key of each DID. A repo is `forked` if
// a commit does not follow the one that was sent before: a PDS puts a commit on its firehose before
// it has it itself, and if it is killed in between, it goes on without.
export async function truthOf(file, keys) {
  const operations = []
  const lines = []
  const counts = {}
  const repos = new Map()
  let time_us = 0
  for (const bytes of readFrames(file)) {
    const { type, body } = Frame.fromBytes(bytes)
    counts[type] = (counts[type] ?? 0) + 1
    // The cursor of a Jetstream: it grows with each line.
    const tick = () => (time_us = Math.max(time_us + 1, Date.parse(body.time) * 1000))
    if (type === '#commit') {
      const repo = repos.get(body.repo) ?? { did: body.repo, records: new Map() }
      repos.set(body.repo, repo)
      repo.rev = body.rev
      repo.commit = `${body.commit}`
      const { operations: made, data } = await readCommit(body, keys.get(body.repo))
      if (repo.data && body.prevData && !body.prevData.equals(repo.data)) repo.forked = true
      repo.data = data
      for (const one of made) {
        counts[one.action] = (counts[one.action] ?? 0) + 1
        operations.push(one)
        lines.push(commitLine(one, tick()))
        const path = `${one.collection}/${one.rkey}`
        if (one.action === 'delete') repo.records.delete(path)
        else repo.records.set(path, one.cid)
      }
    } else if (type === '#identity') {
      const identity = pick(body, ['did', 'handle', 'seq', 'time'])
      lines.push({ did: body.did, time_us: tick(), kind: 'identity', identity })
    } else if (type === '#account') {
      const account = pick(body, ['active', 'did', 'seq', 'status', 'time'])
      lines.push({ did: body.did, time_us: tick(), kind: 'account', account })
      if (body.status === 'deleted') repos.delete(body.did)
    }
  }
  return { operations, lines, repos, counts }
}
