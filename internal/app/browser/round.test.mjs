// The ward round in the hand and at the desk: everybody of a ward in the order
// of the beds, counted in keys, measured in px, with and without scripts, and
// without a network.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import axe from '@axe-core/playwright'
import { browser, folder, run, staffed, visitor } from './site.mjs'

const AxeBuilder = axe.default ?? axe
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10)

let chrome, data, site, ward

before(async () => {
  chrome = await browser()
  data = folder()
  await run('synth', '--out', data.dir, '--seed', '5', '--from', day(30), '--to', day(1), '--size', '60')
  await run('ingest', '--data', data.dir, path.join(data.dir, 'extracts'))
  site = await staffed(data.dir)
  const { context, page } = await visitor(chrome, site, { as: 'coordinator' })
  await page.goto(site.at + '/today')
  // The ward with the most people, of whom most are logged yesterday's way.
  const wards = await page.locator('.app-round__ward').evaluateAll((all) => all.slice(1).map((a) =>
    [new URL(a.href).searchParams.get('ward'), Number(a.querySelector('b').textContent.match(/\d+$/)[0])]))
  ward = wards.sort((a, b) => b[1] - a[1])[0][0]
  await context.close()
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  data?.remove()
})

const rowsOf = (page) => page.locator('.app-round__row').evaluateAll((all) => all.map((e) => e.id))
const focused = (page) => page.evaluate(() => document.activeElement.id)

// Logs the people of the ward from the n-th on and takes the checks of today
// back, so that there is a round to make: logging is of today too.
async function logged (page, n) {
  await page.goto(site.at + `/today?ward=${ward}`)
  const links = await page.locator('.app-round__row a', { hasText: 'Log delay' }).evaluateAll((all) => all.map((a) => a.href))
  for (const href of links.slice(0, n)) {
    await page.goto(href)
    await page.locator('[name=reason]:not([value=another])').first().check()
    await page.check('#destination-undecided')
    await page.locator('button[value=next]').click()
  }
}

test('a chosen ward is one list in the order of the beds, remembered, and each row measures up', async () => {
  const { context, page, wrong } = await visitor(chrome, site, { as: 'coordinator', width: 390, height: 844 })
  await page.goto(site.at + '/today')
  await page.locator('.app-round__ward', { hasText: ward }).first().click()
  await page.waitForURL(/ward=/)
  await page.goto(site.at + '/today')
  assert.match(page.url(), new RegExp(`ward=${ward}`), 'the ward is remembered')
  assert.equal(await page.locator('h1').innerText().then((t) => /Ward round/.test(t)), true)
  const beds = await page.locator('.app-round__number').allInnerTexts()
  assert.deepEqual(beds, [...beds].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })))
  const sizes = await page.locator('.app-round__row').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height))
  assert.ok(sizes.every((px) => px <= 88.5), `rows of ${Math.max(...sizes)} px`)
  const buttons = await page.locator('.app-round__button').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height))
  assert.ok(buttons.length > 0 && buttons.every((px) => px >= 64), `buttons of ${Math.min(...buttons)} px`)
  const chips = await page.locator('.app-round__ward').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height))
  assert.ok(chips.every((px) => px >= 44), `chips of ${Math.min(...chips)} px`)
  console.log(`# rows of ${Math.max(...sizes)} px, buttons of ${Math.min(...buttons)} px, chips of ${Math.min(...chips)} px`)
  // The heading of the ward stays in sight.
  await page.evaluate(() => scrollTo(0, 900))
  const top = await page.locator('.app-round__heading').first().evaluate((e) => e.getBoundingClientRect().top)
  const bar = await page.locator('.app-round__bar').evaluate((e) => e.getBoundingClientRect())
  assert.ok(bar.top >= -1 && top >= bar.height - 2 && top < bar.height + 40, `the heading is at ${top} px below a bar of ${bar.height} px`)
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze()
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3).join(' ')}`), [], `at ${width} px`)
  }
  const desk = await page.locator('.app-round__button').first().evaluate((e) => e.getBoundingClientRect().height)
  assert.ok(desk >= 44, `a button of ${desk} px at the desk`)
  await page.locator('.app-round__ward', { hasText: 'All wards' }).click()
  await page.goto(site.at + '/today')
  assert.doesNotMatch(page.url(), /ward=/, 'all wards are remembered too')
  assert.deepEqual(wrong, [])
  await context.close()
})
