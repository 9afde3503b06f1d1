// How long pages take where a year of a nation is held: called by .ci/bench-nation
// with the data folder and the milliseconds in which sqlite3 counts its rows by month.
import { staffed } from './site.mjs'

const [data, known] = process.argv.slice(2)
const site = await staffed(data, undefined, { provider: 'Z000', council: 'E08990000' })

async function ask (target, as) {
  const begin = performance.now()
  const answer = await fetch(site.at + target, { headers: { cookie: site.cookies[as] }, redirect: 'manual' })
  const length = (await answer.text()).length
  if (answer.status !== 200) throw new Error(`${target} answers ${answer.status}`)
  return { took: performance.now() - begin, length }
}

// What runs at the start has run.
for (let busy = true; busy; await new Promise((resolve) => setTimeout(resolve, 500))) {
  const answer = await fetch(site.at + '/admin/jobs.json', { headers: { cookie: site.cookies.administrator } })
  busy = (await answer.json()).rows.some((job) => job.waits === 'yes' || job.result === 'Running')
}

console.log(`sqlite3 counts the imported rows by month and body in ${known} ms. Pages, the median of five:`)
for (const [target, as] of [
  ['/overview', 'viewer'], ['/council/E08990000', 'director'], ['/today', 'coordinator'], ['/days', 'coordinator'],
  ['/figures.json?by=month,responsible', 'viewer'], ['/figures.csv?by=month,provider,responsible,reason,care', 'viewer'],
  ['/trends', 'viewer'], ['/reasons', 'viewer'], ['/flow', 'viewer'], ['/quality', 'analyst'], ['/extracts', 'analyst']
]) {
  const all = []
  for (let n = 0; n < 5; n++) all.push(await ask(target, as))
  all.sort((a, b) => a.took - b.took)
  const { took, length } = all[2]
  const figures = [`${took.toFixed(0)} ms`, `${(took / known).toFixed(2)} x`, `${(length / 1000).toFixed(0)} kB`]
  console.log(target.padEnd(56), as.padEnd(12), ...figures.map((one) => one.padStart(10)))
}
if (await site.stop() !== 0) throw new Error('the program did not stop cleanly')
