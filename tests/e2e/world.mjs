// A little world of coffee: people who roast, grind, brew, rate and talk. The same seed gives the
// same people and the same records, but for DIDs, CIDs and times. All names are invented.
import { wait } from './network.mjs'

const A = 'social.arabica.alpha'
const PEOPLE = `ada-pours bruno-beans clara-crema dmitri-drip elif-ibrik finn-filter gwen-gooseneck
  hana-kissaten idris-jebena jonas-moka kaya-cezve lior-limu marta-mocha nils-kokekaffe
  olga-old-mill priya-peaberry quinn-v60 rosa-ristretto sami-sidra tomas-tamper uma-umami
  vera-void-filter wes-wet-process xenia-xylitol yusuf-yemen zora-zest milo-morning
  nadia-nightcap otis-overflow piet-puck`.split(/\s+/)
const ROASTERS = [
  ['Drumroll Coffee', 'Leipzig'], ['Third Harbour', 'Bergen'], ['Slow Kettle', 'Porto'],
  ['North Gate Roasters', 'Tromsø'], ['Paper Moon', 'Ghent'], ['Café Azulejo', 'Évora'],
  ['Quiet Cog', 'Sheffield'], ['Blue Door Coffee', 'Split'], ['Second Crack', 'Malmö'],
  ['Kiosk 14', 'Kraków'], ['Hinterhof', 'Graz'], ['Tin Roof', 'Cork'], ['Common Floor', 'Brno'],
  ['Mañana Tostadores', 'Cádiz'], ['星の珈琲', '金沢'], ['Umbra & Sons', 'Trieste'],
]
const ORIGINS = {
  Ethiopia: ['Yirgacheffe Kochere', 'Guji Uraga', 'Sidama Bensa', 'Limu Gera'],
  Kenya: ['Nyeri Hill AA', 'Kirinyaga Peaberry', 'Embu Gold'],
  Colombia: ['Huila Supremo', 'Nariño Alto', 'Tolima Pink Bourbon'],
  Guatemala: ['Huehue Alta', 'Antigua Viejo'],
  Rwanda: ['Lake Kivu', 'Nyamasheke'],
  Brazil: ['Cerrado Doce', 'Mantiqueira Amarela'],
  Yemen: ['Haraz Mountain', 'Bani Matar'],
}
const GRINDERS = ['Old mill', 'Comma C40', 'Corner Zero', 'Pocket burr', 'Grandfather’s box mill']
const BREWERS = [['Paper cone', 'pourover', 'V60'], ['Plunger', 'immersion', 'AeroPress'],
  ['Little octagon', 'mokapot', 'Mokka'], ['Lever machine', 'espresso', 'Espresso'],
  ['Big glass', 'immersion', 'French Press']]
const NOTES = ['plum', 'cocoa', 'jasmine', 'bergamot', 'caramel', 'citrus', 'honey', 'black tea',
  'apricot', 'hazelnut', 'Äpfel', 'cardamom', 'rhubarb', 'a little smoke', 'ゆず', '☕']
const REMARKS = ['How fine did you grind?', 'That is my favourite too.', 'Try it a little cooler.',
  'I taste more of a lemon.', 'Which water do you use?', 'Mine came out sour.', 'Wow. 👌',
  'Same here, but with the plunger.', 'Two clicks finer, and it sings.', 'I am jealous.']
const THANKS = ['Thank you!', 'I will try that.', 'Tap water, I am afraid.', 'Eighteen clicks.',
  'Tomorrow, then.', 'No, a bit coarser.']

class Random {
  constructor(seed) { this.state = seed }
  next() {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0
    return this.state / 2 ** 32
  }
  below(n) { return Math.floor(this.next() * n) }
  pick(list) { return list[this.below(list.length)] }
  some(list, n) { return Array.from({ length: n }, () => this.pick(list)) }
  chance(p) { return this.next() < p }
}

export class World {
  constructor(network, seed = 1) {
    this.network = network
    this.random = new Random(seed)
    this.people = []
    this.decigrams = false // the unit of coffeeAmount: first grams, later tenths of them
  }
  // A time of the last two months, which goes on with the story: at the end it is now.
  at(progress) {
    const back = (1 - progress) * 60 * 24 * 3600 * 1000
    return new Date(Date.now() - back - this.random.below(3600 * 1000)).toISOString()
  }
  // A record key that nobody else has; the PDS would give one, but some are named before.
  key() {
    this.keys = (this.keys ?? 1_790_000_000_000_000) + 1 + this.random.below(1000)
    let key = ''
    for (let left = BigInt(this.keys) << 10n; key.length < 13; left >>= 5n)
      key = '234567abcdefghijklmnopqrstuvwxyz'[Number(left & 31n)] + key
    return key
  }
  uri(person, collection, rkey) { return `at://${person.did}/${A}.${collection}/${rkey}` }

  // Writes all of these in one commit, and remembers them.
  async write(person, writes) {
    const { results } = await this.network.write(person.did, writes)
    writes.forEach(({ action, collection, rkey, record }, i) => {
      const kind = collection.split('.').pop()
      const mine = (person.records[kind] ??= new Map())
      if (action === 'delete') mine.delete(rkey)
      else mine.set(results[i].uri.split('/').pop(), { ...results[i], record })
    })
    return results
  }
  async create(person, kind, record, rkey = this.key()) {
    const write = { action: 'create', collection: `${A}.${kind}`, rkey, record }
    return (await this.write(person, [write]))[0]
  }
  any(kind, whose = this.random.pick(this.people)) {
    const all = [...(whose.records[kind]?.values() ?? [])]
    return all.length ? this.random.pick(all) : undefined
  }

  async arrive() {
    for (const name of PEOPLE) {
      const account = await this.network.createAccount(name.slice(0, 18))
      this.people.push({ ...account, records: {} })
    }
    for (const person of this.people) await this.moveIn(person)
  }
  // A profile, and what one needs for coffee: all in one commit.
  async moveIn(person) {
    const { random } = this
    const first = person.handle.split('-')[0]
    const displayName = first[0].toUpperCase() + first.slice(1)
    const description = random.some(NOTES, 3).join(', ')
    await this.write(person, [{ action: 'create', collection: 'app.bsky.actor.profile',
      rkey: 'self', record: { displayName, description } }])
    const things = []
    const add = (kind, record) => things.push({ action: 'create', collection: `${A}.${kind}`,
      rkey: this.key(), record: { ...record, createdAt: this.at(0) } })
    for (const [name, location] of random.some(ROASTERS, 1 + random.below(2)))
      add('roaster', { name, location, website: 'https://roaster.example' })
    add('grinder', { name: random.pick(GRINDERS), grinderType: random.pick(['hand', 'electric']),
      burrType: random.pick(['conical', 'flat', '']) })
    for (const [name, brewerType, method] of random.some(BREWERS, 1 + random.below(2)))
      add('brewer', { name, brewerType, description: method })
    await this.write(person, things)
  }

  beanRecord(person, progress) {
    const { random } = this
    const origin = random.pick(Object.keys(ORIGINS))
    const roaster = this.any('roaster', person)
    return { name: random.pick(ORIGINS[origin]), origin,
      roastLevel: random.pick(['Light', 'Medium', 'Dark']),
      process: random.pick(['Washed', 'Natural', 'Honey']),
      ...(roaster ? { roasterRef: roaster.uri } : {}), createdAt: this.at(progress) }
  }
  brewRecord(person, bean, progress) {
    const { random } = this
    const brewer = this.any('brewer', person)
    const recipe = random.chance(0.3) ? this.any('recipe') : undefined
    const grams = 120 + random.below(100) // tenths
    return { beanRef: bean, grinderRef: this.any('grinder', person).uri, brewerRef: brewer.uri,
      method: brewer.record.description, ...(recipe ? { recipeRef: recipe.uri } : {}),
      coffeeAmount: this.decigrams ? grams : Math.round(grams / 10),
      waterAmount: 180 + random.below(200),
      temperature: 880 + random.below(110), timeSeconds: 25 + random.below(240),
      rating: 4 + random.below(4) + random.below(4), tastingNotes: random.some(NOTES, 2).join(', '),
      createdAt: this.at(progress) }
  }

  // One thing that somebody does.
  async step(progress) {
    const person = this.random.pick(this.people.filter((one) => !one.away))
    const dice = this.random.below(100)
    for (const [below, act] of [[10, this.stock], [34, this.brew], [58, this.like],
      [72, this.comment], [77, this.recipe], [81, this.amend], [85, this.discard], [89, this.tidy],
      [92, this.afternoon], [97, this.post], [100, this.follow]])
      if (dice < below) return act.call(this, person, progress)
  }
  async stock(person, progress) {
    await this.create(person, 'bean', this.beanRecord(person, progress))
  }
  async brew(person, progress) {
    // Now and then the brew is written before the bean is.
    const early = this.random.chance(0.1) ? this.key() : undefined
    const known = this.any('bean', this.random.chance(0.7) ? person : undefined) ?? this.any('bean')
    const bean = early || !known ? this.uri(person, 'bean', early ?? this.key()) : known.uri
    await this.create(person, 'brew', this.brewRecord(person, bean, progress))
    if (bean !== known?.uri)
      await this.create(person, 'bean', this.beanRecord(person, progress), bean.split('/').pop())
  }
  // What one likes or talks of: often what others do, too.
  subject() {
    const kind = this.random.pick(['brew', 'brew', 'brew', 'bean', 'recipe'])
    const all = this.people.flatMap((one) => [...(one.records[kind]?.values() ?? [])])
    const found = all[Math.floor(all.length * this.random.next() ** 3)]
    return found && { uri: found.uri, cid: found.cid }
  }
  async like(person, progress) {
    const subject = this.subject()
    if (subject) await this.create(person, 'like', { subject, createdAt: this.at(progress) })
  }
  async comment(person, progress) {
    const said = this.random.chance(0.4) ? this.any('comment') : undefined
    const subject = said?.record.subject ?? this.subject()
    if (!subject) return
    const parent = said && { uri: said.uri, cid: said.cid }
    const text = this.random.pick(said ? THANKS : REMARKS)
    const record = { subject, text, createdAt: this.at(progress) }
    await this.create(person, 'comment', parent ? { ...record, parent } : record)
  }
  async recipe(person, progress) {
    const { random } = this
    const source = random.chance(0.6) ? this.any('recipe') : undefined
    const name = source
      ? `${random.pick(['Stronger', 'Cooler', 'Faster', 'My'])} ${source.record.name}`
      : `${random.pick(['Morning', 'Sunday', 'Rainy day', 'Patient'])} ${random.pick(BREWERS)[2]}`
    await this.create(person, 'recipe', { name: name.slice(0, 80), brewerType: 'pourover',
      coffeeAmount: 120 + random.below(100), waterAmount: 2000 + random.below(2000),
      ...(source ? { sourceRef: source.uri } : {}), createdAt: this.at(progress) })
  }
  // A second thought about a brew, a bean of another roaster, a comment in other words.
  async amend(person, progress) {
    const kind = this.random.pick(['brew', 'brew', 'bean', 'comment'])
    const old = this.any(kind, person)
    if (!old) return
    const { coffeeAmount } = this.brewRecord(person, '', progress)
    const changes = {
      brew: () => ({ rating: 1 + this.random.below(10), coffeeAmount }),
      bean: () => ({ roasterRef: this.any('roaster').uri }),
      comment: () => ({ text: `${old.record.text} (Edited.)` }),
    }
    const record = { ...old.record, ...changes[kind]() }
    const rkey = old.uri.split('/').pop()
    await this.write(person, [{ action: 'update', collection: `${A}.${kind}`, rkey, record }])
  }
  async discard(person) {
    const kind = this.random.pick(['brew', 'like', 'like', 'comment', 'bean', 'recipe'])
    const old = this.any(kind, person)
    if (!old) return
    const rkey = old.uri.split('/').pop()
    await this.write(person, [{ action: 'delete', collection: `${A}.${kind}`, rkey }])
  }
  // Several likes go and a bean comes, in one commit.
  async tidy(person, progress) {
    const likes = [...(person.records.like?.keys() ?? [])].slice(0, 3)
    const writes = likes.map((rkey) => ({ action: 'delete', collection: `${A}.like`, rkey }))
    writes.push({ action: 'create', collection: `${A}.bean`, rkey: this.key(),
      record: this.beanRecord(person, progress) })
    await this.write(person, writes)
  }
  // A bean and some brews of it, in one commit, the brews first.
  async afternoon(person, progress) {
    const rkey = this.key()
    const bean = this.uri(person, 'bean', rkey)
    const writes = Array.from({ length: 2 + this.random.below(4) }, () => ({ action: 'create',
      collection: `${A}.brew`, rkey: this.key(), record: this.brewRecord(person, bean, progress) }))
    writes.push({ action: 'create', collection: `${A}.bean`, rkey,
      record: this.beanRecord(person, progress) })
    await this.write(person, writes)
  }
  async post(person, progress) {
    const text = `${this.random.pick(NOTES)} and ${this.random.pick(NOTES)} in one cup. How?`
    const record = { text, langs: ['en'], createdAt: this.at(progress) }
    const rkey = this.key()
    await this.write(person, [{ action: 'create', collection: 'app.bsky.feed.post', rkey, record }])
  }
  async follow(person, progress) {
    const subject = this.random.pick(this.people).did
    await this.write(person, [{ action: 'create', collection: 'app.bsky.graph.follow',
      rkey: this.key(), record: { subject, createdAt: this.at(progress) } }])
  }

  // Everything: `steps` of it, and what happens to accounts in between.
  async live(steps) {
    const { network, people } = this
    const away = async (person, leave) => {
      person.away = true
      await leave(person.did)
    }
    const story = {
      0.2: () => network.changeHandle(people[3].did, 'dmitri-moves-on'),
      0.3: () => away(people[7], (did) => network.deactivate(did)),
      0.45: () => network.changeHandle(people[11].did, 'lior-lungo'),
      0.5: async () => {
        await wait(1100)
        this.decigrams = true
        this.decigramsSince = new Date().toISOString()
        await wait(1100)
      },
      0.6: async () => {
        await network.activate(people[7].did)
        people[7].away = false
      },
      0.7: () => away(people[19], (did) => network.deactivate(did)),
      0.9: () => away(people[25], (did) => network.deleteAccount(did)),
    }
    await this.arrive()
    for (let i = 0; i < steps; ++i) {
      for (const when of Object.keys(story)) if (i === Math.floor(when * steps)) await story[when]()
      await this.step(i / steps)
    }
  }
}
