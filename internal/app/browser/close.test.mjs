// J8, the month close: by keyboard, without scripts and at 320 px. A director
// closes a month with something open in it; then a late row arrives.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { browser, day, findings, northshire, run, staffed, visitor } from './site.mjs'

const iso = (date) => date.toISOString().slice(0, 10)

// The first of the month so many months ago, and how the address has it.
const first = (back) => { const [y, m] = day(0).split('-').map(Number); return new Date(Date.UTC(y, m - 1 - back, 1)) }
const month = (back) => iso(first(back)).slice(0, 7)
const long = (back) => first(back).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })

let chrome, site, data, files
const folders = []

before(async () => {
  chrome = await browser()
  const made = await northshire(75, 40)
  data = made.data
  files = made.files
  folders.push(data, files)
  site = await staffed(data.dir, ['director', 'viewer'])
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

async function holds (page, name) {
  // A click comes back before the next page has its style sheet.
  await page.waitForLoadState('load')
  assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`)
}

async function axeFindsNothing (page, name) {
  await holds(page, name)
  assert.deepEqual(await findings(page), [], name)
}

test('J8 a month is closed with the keyboard alone, then a late row arrives', async () => {
  const { context, page, wrong } = await visitor(chrome, site, { as: 'director' })
  const enter = async (locator) => {
    await locator.focus()
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  }
  await page.goto(site.at + '/agreement')
  await enter(page.locator('main a', { hasText: 'Close a month' }))
  await axeFindsNothing(page, 'the list of months')
  await enter(page.locator('main a', { hasText: long(1) }))
  assert.equal(await page.locator('.nhsuk-task-list__item').count(), 4)
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  assert.ok(height <= 4500, `the page of the month is ${height} px tall`)
  await axeFindsNothing(page, 'the page of the month')
  await enter(page.locator('button', { hasText: `Close ${long(1)}` }))
  assert.match(await page.locator('.nhsuk-panel--interruption').innerText(),
    /proposed and not answered|disputed|missing|held|not attributed/)
  await axeFindsNothing(page, 'the question')
  await enter(page.locator('button', { hasText: 'Continue anyway' }))
  assert.match(await page.title(), /^Error: /)
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Enter a reason/)
  await page.locator('.nhsuk-error-summary a').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type('The partners have agreed to close it')
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), new RegExp(`${long(1)} is closed`))
  assert.match(await page.locator('.app-lede').innerText(), /by a director of .*Its figures are the same today\./)
  assert.match(await page.locator('main').innerText(), /The partners have agreed to close it/)
  await axeFindsNothing(page, 'the closed month')

  const at = `${site.at}/agreement/close/${month(1)}`
  const read = async (target) => await (await context.request.get(target)).text()
  const frozen = await read(at + '.json')
  const counts = await read(at + '.csv')
  assert.equal(JSON.parse(frozen).month, month(1))

  // The hospital sends its tenth day again, with one person more.
  const tenth = iso(new Date(first(1).getTime() + 9 * 86400000))
  const third = iso(new Date(first(1).getTime() + 2 * 86400000))
  const again = path.join(files.dir, `RZ1_${tenth}_v2.csv`)
  writeFileSync(again, readFileSync(path.join(files.dir, 'extracts', `RZ1_${tenth}.csv`), 'utf8') +
    `${tenth},RZ1,RZ101,5B,5B-99,NG900001,,1946-06-05,F,${third},${third},Acute,A,Social Care,E10000099,0,,\r\n`)
  await run('ingest', '--data', data.dir, again)

  await page.goto(at)
  assert.match(await page.locator('.app-lede').innerText(), /Its figures have changed by \+7 days since\./)
  const why = await page.locator('#revisions-table tbody tr').first().innerText()
  assert.match(why, /\+7/)
  const parts = [...why.matchAll(/([+−]\d+) from/g)].map((m) => Number(m[1].replace('−', '-')))
  assert.equal(parts.reduce((a, b) => a + b, 0), 7, `the causes of ${why}`)
  assert.match(why, /extracts that were sent again/)
  assert.equal(await read(at + '.json'), frozen, 'what was closed')
  assert.equal(await read(at + '.csv'), counts, 'what was closed')
  await axeFindsNothing(page, 'the closed month with its revisions')

  for (const target of ['/council/E10000099', `/figures?from=${month(1)}-01&to=${day(1)}`, '/overview']) {
    await page.goto(site.at + target)
    assert.match(await page.locator('.app-datebar').innerText(), new RegExp(
      `${long(1)} was closed on .* its figures have changed by \\+7 days since\\. See revisions`), target)
  }
  await axeFindsNothing(page, 'a page that says so')
  await enter(page.locator('.app-datebar a', { hasText: 'See revisions' }))
  assert.match(page.url(), /#revisions$/)
  assert.deepEqual(wrong, [])
  await context.close()
})

test('J8 without scripts at 320 px: every partner reads the same page, a director closes', async () => {
  const viewer = await visitor(chrome, site, { as: 'viewer', script: false, width: 320 })
  await viewer.page.goto(`${site.at}/agreement/close/${month(2)}`)
  await holds(viewer.page, 'the page of the month for a viewer')
  assert.equal(await viewer.page.locator('.nhsuk-task-list__item').count(), 4)
  assert.equal(await viewer.page.locator('main form').count(), 0)
  assert.match(await viewer.page.locator('main').innerText(), /A director of a hospital or council/)
  const tall = await viewer.page.evaluate(() => document.documentElement.scrollHeight)
  assert.ok(tall <= 5200, `the month on a phone is ${tall} px tall`)

  const director = await visitor(chrome, site, { as: 'director', script: false, width: 320 })
  await director.page.goto(`${site.at}/agreement/close/${month(2)}`)
  await director.page.locator('main form button').click()
  await holds(director.page, 'the question')
  await director.page.click('text=Go back and change it')
  assert.equal(await director.page.locator('main form button').count(), 1)
  await director.page.locator('main form button').click()
  await director.page.fill('#because', 'Agreed on the call')
  await director.page.click('text=Continue anyway')
  assert.match(await director.page.locator('.nhsuk-notification-banner').innerText(), new RegExp(`${long(2)} is closed`))
  await holds(director.page, 'the closed month')

  await viewer.page.reload()
  assert.match(await viewer.page.locator('.app-lede').innerText(), /was closed on/)
  await director.page.goto(`${site.at}/agreement/close/${month(0)}`)
  assert.match(await director.page.locator('main').innerText(), /cannot be closed\. It is not over\./)
  assert.equal(await director.page.locator('main form').count(), 0)
  await viewer.leave()
  await director.leave()
})
