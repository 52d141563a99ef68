// A network on loopback: a PLC directory, a PDS that can be stopped, killed and started again, and
// the accounts on it.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import { def, MemoryBlockstore, readCarWithRoot, verifyRepoCar } from '@atproto/repo'
import { ADMIN_PASSWORD, PASSWORD } from './secrets.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

// A server process. Its stdin is a pipe that ends with us, and it ends with that.
class Server {
  async start(args, log) {
    const stderr = fs.openSync(log, 'a')
    const script = path.join(HERE, 'serve.mjs')
    this.child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', stderr] })
    fs.closeSync(stderr)
    this.ended = new Promise((resolve) => this.child.once('exit', resolve))
    const ready = new Promise((resolve) => this.child.stdout.once('data', () => resolve(true)))
    if (!(await Promise.race([ready, this.ended.then(() => false)])))
      throw new Error(`${args[0]} did not start; see ${log}`)
  }
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal)
    await this.ended
  }
}

export class Network {
  // In `folder`, a new one or one of a network that was stopped.
  constructor(folder) {
    this.folder = folder
    this.accounts = new Map() // by DID: { did, handle, agent }
    fs.mkdirSync(folder, { recursive: true })
  }
  async start() {
    this.plcPort = await freePort()
    this.pdsPort = await freePort()
    this.plc = `http://localhost:${this.plcPort}`
    this.url = `http://localhost:${this.pdsPort}`
    this.plcServer = new Server()
    await this.plcServer.start(['plc', this.plcPort], path.join(this.folder, 'plc.log'))
    await this.startPds()
  }
  async startPds() {
    this.pds = new Server()
    const args = ['pds', this.pdsPort, this.plc, path.join(this.folder, 'pds')]
    await this.pds.start(args, path.join(this.folder, 'pds.log'))
  }
  stopPds() { return this.pds.stop() }
  killPds() { return this.pds.stop('SIGKILL') }
  async stop() {
    await this.pds.stop()
    await this.plcServer.stop()
  }
  get firehose() { return `ws://127.0.0.1:${this.pdsPort}/xrpc/com.atproto.sync.subscribeRepos` }
  get visitor() { return new AtpAgent({ service: this.url }) }

  // "drumroll" becomes drumroll.test.
  async createAccount(name) {
    const agent = new AtpAgent({ service: this.url })
    const handle = `${name}.test`
    await agent.createAccount({ handle, email: `${name}@example.com`, password: PASSWORD })
    const account = { did: agent.did, handle, agent }
    this.accounts.set(agent.did, account)
    return account
  }
  async changeHandle(did, name) {
    const account = this.accounts.get(did)
    account.handle = `${name}.test`
    await account.agent.com.atproto.identity.updateHandle({ handle: account.handle })
  }
  deactivate(did) {
    return this.accounts.get(did).agent.com.atproto.server.deactivateAccount({})
  }
  activate(did) {
    return this.accounts.get(did).agent.com.atproto.server.activateAccount()
  }
  async deleteAccount(did) {
    const admin = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`
    await this.visitor.com.atproto.admin.deleteAccount(
      { did }, { headers: { authorization: admin }, encoding: 'application/json' })
    this.accounts.delete(did)
  }

  // Writes in one commit: [{ action: 'create', collection, rkey?, record? }, ...]. Answers the
  // commit's rev and what was written.
  async write(did, writes) {
    const { data } = await this.accounts.get(did).agent.com.atproto.repo.applyWrites({
      repo: did,
      validate: false,
      writes: writes.map(({ action, collection, rkey, record }) => ({
        $type: `com.atproto.repo.applyWrites#${action}`,
        collection,
        rkey,
        value: record && { $type: collection, ...record },
      })),
    })
    return { rev: data.commit?.rev, results: data.results.map(({ uri, cid }) => ({ uri, cid })) }
  }
  async create(did, collection, record, rkey) {
    const { rev, results } = await this.write(did, [{ action: 'create', collection, rkey, record }])
    return { rev, ...results[0] }
  }

  async didDocument(did) {
    const get = async (what) => (await fetch(`${this.plc}/${did}${what}`)).json()
    return { did, document: await get(''), data: await get('/data') }
  }
  // Every repo as it is now, by the reference libraries: its signature and its tree are verified.
  async repos() {
    const found = []
    let cursor
    do {
      const { data } = await this.visitor.com.atproto.sync.listRepos({ limit: 100, cursor })
      found.push(...data.repos)
      cursor = data.cursor
    } while (cursor)
    return Promise.all(found.filter((repo) => repo.active).map((repo) => this.repo(repo.did)))
  }
  async repo(did) {
    const { data: car } = await this.visitor.com.atproto.sync.getRepo({ did })
    const { data } = await this.didDocument(did)
    const { creates } = await verifyRepoCar(car, did, data.verificationMethods.atproto)
    const { root, blocks } = await readCarWithRoot(car)
    const commit = await new MemoryBlockstore(blocks).readObj(root, def.commit)
    const records = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, `${cid}`])
    records.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return { did, rev: commit.rev, commit: `${root}`, data: `${commit.data}`, records, car }
  }
}
