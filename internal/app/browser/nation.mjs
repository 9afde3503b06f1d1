// How long pages take where a year of a nation is held: called by .ci/bench-nation
// with the data folder, the milliseconds in which sqlite3 counts its rows by month, and
// the folder of the extracts.
import { morning, settled } from './morning.mjs'
import { staffed } from './site.mjs'

const [data, known, extracts] = process.argv.slice(2)
const site = await staffed(data, undefined, { provider: 'Z000', council: 'E08990000' })

async function ask (target, as) {
  const begin = performance.now()
  const answer = await fetch(site.at + target, { headers: { cookie: site.cookies[as] }, redirect: 'manual' })
  const length = (await answer.text()).length
  if (answer.status !== 200) throw new Error(`${target} answers ${answer.status}`)
  return { took: performance.now() - begin, length }
}

await settled(site)
const hospitals = morning(extracts, 20, data)

console.log(`sqlite3 counts the imported rows by month and body in ${known} ms. Pages: the first look, the median of five more,
that beside sqlite3, and the first look after a hospital's next extract:`)
for (const [target, as] of [
  ['/overview', 'viewer'], ['/council/E08990000', 'director'], ['/today', 'coordinator'], ['/days', 'coordinator'],
  ['/figures.json?by=month,responsible', 'viewer'], ['/figures.csv?by=month,provider,responsible,reason,care', 'viewer'],
  ['/trends', 'viewer'], ['/reasons', 'viewer'], ['/flow', 'viewer'], ['/quality', 'analyst'], ['/extracts', 'analyst']
]) {
  const first = await ask(target, as)
  const all = []
  for (let n = 0; n < 5; n++) all.push(await ask(target, as))
  all.sort((a, b) => a.took - b.took)
  const { took, length } = all[2]
  await hospitals.send()
  const after = await ask(target, as)
  const figures = [`${first.took.toFixed(0)} ms`, `${took.toFixed(0)} ms`, `${(took / known).toFixed(2)} x`, `${after.took.toFixed(0)} ms`,
    `${(length / 1000).toFixed(0)} kB`]
  console.log(target.padEnd(56), as.padEnd(12), ...figures.map((one) => one.padStart(10)))
}
hospitals.remove()
if (await site.stop() !== 0) throw new Error('the program did not stop cleanly')
