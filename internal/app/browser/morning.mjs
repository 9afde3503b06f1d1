// The morning after a year that .ci/bench-nation has taken in.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { folder, program } from './site.mjs'

// Makes the next day's extract of so many hospitals: who was there on the last day is
// there still, but one. Gives a function that takes the next of them in and says
// whether there was one, and one that removes them.
export function morning (extracts, hospitals, data) {
  const files = folder()
  for (const name of readdirSync(extracts).filter((file) => file.endsWith('.csv')).sort().slice(0, hospitals)) {
    const [head, ...rows] = readFileSync(path.join(extracts, name), 'utf8').trimEnd().split('\n')
    const last = rows.map((row) => row.slice(0, 10)).sort().at(-1)
    const next = new Date(Date.parse(last) + 86400000).toISOString().slice(0, 10)
    const left = rows.filter((row) => row.startsWith(last)).slice(1).map((row) => next + row.slice(10))
    writeFileSync(path.join(files.dir, name.replace(/_.*/, `_${next}.csv`)), [head, ...left, ''].join('\n'))
  }
  const queue = readdirSync(files.dir)
  return {
    remove: files.remove,
    async send () {
      if (queue.length === 0) return false
      const child = spawn(program, ['ingest', '--data', data, path.join(files.dir, queue.shift())], { stdio: 'ignore' })
      const status = await new Promise((resolve) => child.on('exit', resolve))
      if (status !== 0 && status !== 1) throw new Error(`ingest ended with ${status}`)
      return true
    }
  }
}

// Comes back when what runs at the start, one job after the other, has run.
export async function settled (site) {
  for (let idle = 0; idle < 6; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const answer = await fetch(site.at + '/admin/jobs.json', { headers: { cookie: site.cookies.administrator } })
    idle = (await answer.json()).rows.some((job) => job.waits === 'yes' || job.result === 'Running') ? 0 : idle + 1
  }
}
