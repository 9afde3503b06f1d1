// Takes the pictures of the README from the demonstration, which is made anew in
// a folder of its own: "make pictures", after a screen has changed.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { browser, folder, root, serve } from './site.mjs'

const shots = [
  { name: 'overview', role: 'Director, Northshire County Council', target: '/overview' },
  { name: 'council', role: 'Director, Northshire County Council', target: '/council/E10000099' },
  { name: 'call', role: 'Presenter', target: '/call', follow: 'main a[href^="/call/2"][href$="/1"]' },
  { name: 'round', role: 'Coordinator', target: '/today', follow: '.app-round__ward >> nth=2', width: 390, height: 750 }
]
const to = path.join(root, 'docs', 'pictures')
mkdirSync(to, { recursive: true })
const data = folder()
const site = await serve('demo', '--data', data.dir)
// A link for each role comes after the address, and after them a line that says how
// to stop.
while (!site.said().includes('Stop it with')) await new Promise((resolve) => setTimeout(resolve, 100))
const linkOf = (role) => site.said().split('\n').find((line) => line.trim().startsWith(role)).match(/http\S+/)[0]
const sessions = {}
const chrome = await browser()
try {
  for (const { name, role, target, follow, width = 1280, height = 720 } of shots) {
    // Three quarters of the size: legible on a page of text, and small.
    const context = await chrome.newContext({ viewport: { width, height }, deviceScaleFactor: 0.75, reducedMotion: 'reduce',
      storageState: sessions[role] })
    const page = await context.newPage()
    if (!sessions[role]) { // A link works once.
      await page.goto(linkOf(role)) // It signs in at once.
      sessions[role] = await context.storageState()
    }
    await page.goto(site.at + target)
    if (follow) await page.goto(await page.locator(follow).first().evaluate((a) => a.href))
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: path.join(to, `${name}.png`) })
    await context.close()
  }
} finally {
  await chrome.close()
  await site.stop()
  data.remove()
}
