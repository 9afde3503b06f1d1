// How long people wait for pages while extracts are taken in: called by
// .ci/bench-readers with a data folder, the folder of its extracts, how many people
// read, for how many seconds, and how many seconds each looks at a page.
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { morning, settled } from './morning.mjs'
import { staffed } from './site.mjs'

const [data, extracts, people, seconds, looks, provider, council] = process.argv.slice(2)
const site = await staffed(data, ['administrator', 'viewer', 'director', 'coordinator'], { provider, council })
await settled(site)
const hospitals = morning(extracts, 60, data)

const pages = [['/overview', 'viewer'], [`/council/${council}`, 'director'], ['/figures.json?by=month,responsible', 'viewer'],
  ['/figures?by=month,provider', 'viewer'], ['/today', 'coordinator']]
const took = Object.fromEntries(pages.map(([target]) => [target, []]))
let wrong = 0
const end = performance.now() + seconds * 1000
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function read (n) {
  await pause(Math.random() * looks * 1000)
  for (let i = n; performance.now() < end; i++) {
    const [target, as] = pages[i % pages.length]
    const begin = performance.now()
    const answer = await fetch(site.at + target, { headers: { cookie: site.cookies[as] }, redirect: 'manual' })
    await answer.text()
    if (answer.status !== 200) wrong++
    took[target].push(performance.now() - begin)
    await pause(looks * 1000 * (0.5 + Math.random()))
  }
}

// One hospital after the other sends its extract, every five seconds: those of a nation
// within half an hour.
let sent = 0
async function send () {
  while (performance.now() < end && await hospitals.send()) {
    sent++
    await pause(5000)
  }
}

// What is held while they read; a password that is hashed at sign-in takes 64 MiB more.
let log = 0
let held = 0
const watch = setInterval(() => {
  log = Math.max(log, statSync(path.join(data, 'homeward.db-wal'), { throwIfNoEntry: false })?.size ?? 0)
  held = Math.max(held, Number(readFileSync(`/proc/${site.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]))
}, 100)
await Promise.all([send(), ...Array.from({ length: people }, (_, n) => read(n))])
clearInterval(watch)

const at = (all, part) => all.length ? all[Math.min(all.length - 1, Math.floor(all.length * part))].toFixed(0) : '-'
for (const [name, all] of [...Object.entries(took), ['all of them', Object.values(took).flat()]]) {
  all.sort((a, b) => a - b)
  console.log(name.padEnd(44), `${all.length}`.padStart(6), ...[0.5, 0.95, 0.99].map((part) => `${at(all, part)} ms`.padStart(9)))
}
console.log(`${sent} extracts were taken in; ${wrong} answers were none; at most ${(held / 1024).toFixed(0)} MiB held, ` +
  `${(log / 1048576).toFixed(0)} MiB of log`)
hospitals.remove()
if (await site.stop() !== 0) throw new Error('the program did not stop cleanly')
