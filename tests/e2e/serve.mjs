// One server of a network on loopback, in a process of its own so that it can be killed:
//
//   serve.mjs plc PORT                    a PLC directory, in memory
//   serve.mjs pds PORT PLC_URL FOLDER     a PDS; what it knows is in FOLDER and outlives it
//
// Prints {"ready":true} when it listens; SIGTERM stops it in order.
import fs from 'node:fs'
import path from 'node:path'
import { PDS } from '@atproto/pds'
import { Secp256k1Keypair } from '@atproto/crypto'
import plcServer from '@did-plc/server'
import { ADMIN_PASSWORD, JWT_SECRET } from './secrets.mjs'

// app.listen(port) would listen on every interface.
const onLoopback = (app) => {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, '127.0.0.1', ...rest)
}

async function plc(port) {
  const server = plcServer.PlcServer.create({ db: plcServer.Database.mock(), port })
  onLoopback(server.app)
  await server.start()
  return () => server.destroy()
}

// A PDS that starts again has the keys that it had.
async function rotationKey(folder) {
  const file = path.join(folder, 'rotation-key')
  if (!fs.existsSync(file)) {
    const key = await Secp256k1Keypair.create({ exportable: true })
    fs.writeFileSync(file, Buffer.from(await key.export()).toString('hex'))
  }
  return fs.readFileSync(file, 'utf8')
}

async function pds(port, plcUrl, folder) {
  fs.mkdirSync(path.join(folder, 'blobs'), { recursive: true })
  const server = await PDS.fromEnv({
    devMode: true,
    port,
    hostname: 'localhost',
    serviceDid: `did:web:localhost%3A${port}`,
    dataDirectory: folder,
    blobstoreDiskLocation: path.join(folder, 'blobs'),
    blobstoreDiskTmpLocation: path.join(folder, 'blobs-tmp'),
    didPlcUrl: plcUrl,
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    adminPassword: ADMIN_PASSWORD,
    jwtSecret: JWT_SECRET,
    plcRotationKeyK256PrivateKeyHex: await rotationKey(folder),
    disableSsrfProtection: true,
    rateLimitsEnabled: false,
    maxSubscriptionBuffer: 50000,
  })
  onLoopback(server.app)
  // Handles are its own: no DNS.
  server.ctx.idResolver.handle.resolve = async (handle) => {
    const all = { includeDeactivated: true, includeTakenDown: true }
    return (await server.ctx.accountManager.getAccount(handle, all))?.did
  }
  await server.start()
  return () => server.destroy()
}

const [kind, port, plcUrl, folder] = process.argv.slice(2)
const stop = kind === 'plc' ? await plc(+port) : await pds(+port, plcUrl, folder)
const end = async () => {
  await stop()
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('SIGINT', end)
process.stdin.resume().on('end', end) // whoever started it is gone
console.log(JSON.stringify({ ready: true }))
