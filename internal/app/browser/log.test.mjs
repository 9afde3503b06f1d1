// The log of a hospital with England's 37 reasons, in a browser: the ward's usual
// reasons have a key each, the others are found by typing, and without scripts
// both are there.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { browser, day, findings, folder, run, staffed, visitor } from './site.mjs'


let chrome, data, site

before(async () => {
  chrome = await browser()
  data = folder()
  await run('synth', '--out', data.dir, '--seed', '3', '--from', day(12), '--to', day(1), '--beds-from', day(9), '--size', '40')
  await run('ingest', '--data', data.dir, path.join(data.dir, 'extracts'))
  site = await staffed(data.dir, ['coordinator'])
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  data?.remove()
})

async function openLog (page) {
  await page.goto(site.at + '/today')
  await page.locator('a', { hasText: 'Log delay' }).first().click()
  await page.waitForURL(/\/delays\/new/)
}

test('J2 a usual reason is one key, in 12 key presses or fewer', async () => {
  const { page, wrong, leave } = await visitor(chrome, site, { as: 'coordinator' })
  await openLog(page)
  assert.equal(await page.locator('#reason kbd:visible').count(), 5)
  assert.equal(await page.locator('[name=destination]:checked').count(), 1, 'the pathway of the extract')
  await page.locator('#ready-fed').focus()
  let keys = 1 // Enter on "Log delay"
  const press = async (key) => { keys++; await page.keyboard.press(key) }
  // Elsewhere the keys are no keys: on the ready date nothing is chosen.
  await page.keyboard.press('2')
  assert.equal(await page.locator('[name=reason]:checked').count(), 0)
  await press('Tab') // uncertain
  await press('Tab') // the reasons
  await press('3')
  assert.ok(await page.isChecked('#reason-3'))
  await press('2')
  assert.ok(await page.isChecked('#reason-2'))
  await Promise.all([page.waitForURL(/\/today/), press('Enter')])
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Delay logged for bed/)
  assert.ok(keys <= 12, `${keys} key presses`)
  assert.deepEqual(wrong, [])
  console.log(`# ${keys} key presses`)
  await leave()
})

test('another reason is found by typing, and the form never says two things', async () => {
  const { page, wrong, leave } = await visitor(chrome, site, { as: 'coordinator', width: 320 })
  await openLog(page)
  assert.deepEqual(await findings(page), [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen')
  const last = await page.locator('#other-reason option').last()
  const words = (await last.textContent()).toLowerCase()
  await page.check('#reason-1')
  await page.fill('#other-reason-find', words)
  assert.equal(await page.inputValue('#other-reason'), await last.getAttribute('value'))
  assert.ok(await page.isChecked('#reason-another'))
  await page.check('#reason-1')
  assert.equal(await page.inputValue('#other-reason'), '', 'a usual reason empties the list')
  await page.selectOption('#other-reason', await last.getAttribute('value'))
  assert.ok(await page.isChecked('#reason-another'))
  await page.click('text=Save and open record')
  assert.match((await page.innerText('main')).toLowerCase(), new RegExp(words.replace(/[^a-z ]/g, '.')))
  assert.deepEqual(wrong, [])
  await leave()
})

test('without scripts the usual reasons are choices, and the others a grouped list', async () => {
  const { page, leave } = await visitor(chrome, site, { as: 'coordinator', script: false, width: 320 })
  await openLog(page)
  assert.equal(await page.locator('[name=reason]').count(), 6)
  assert.equal(await page.locator('#reason kbd:visible').count(), 0, 'keys that do nothing')
  assert.equal(await page.locator('#other-reason-find:visible').count(), 0)
  assert.ok(await page.locator('#other-reason optgroup').count() >= 4)
  await page.selectOption('#other-reason', await page.locator('#other-reason option').last().getAttribute('value'))
  await page.click('text=Save and go to next')
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Delay logged/)
  await leave()
})
