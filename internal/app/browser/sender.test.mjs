// Taking on a new sender in a browser without scripts: samples in, what is unsure
// settled, the layout saved. Set LOOK_PICTURES to a folder to keep pictures to
// judge by eye.
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { browser, emailOf, findings, northshire, run, serve, signInAll, visitor } from './site.mjs'

const pictures = process.env.LOOK_PICTURES
let chrome, site
const folders = []

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(10, 20)
  folders.push(data, files)
  appendFileSync(path.join(data.dir, 'partnership.yaml'), '\nsign_in:\n  require_second_factor: false\n')
  const said = await run('user', 'add', emailOf('analyst'), '--data', data.dir, '--role', 'analyst', '--name', 'A. analyst')
  site = await serve('serve', '--data', data.dir)
  site.cookies = await signInAll(site.at, { analyst: said.match(/\/choose-password\/\S+/)[0] })
  if (pictures) mkdirSync(pictures, { recursive: true })
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

async function keep (page, name, options) {
  if (pictures) await page.screenshot({ path: path.join(pictures, name + '.png'), ...options })
}

// A list of people who do not exist: the numbers are of the test range.
function list () {
  const lines = ['Eastmere Community Trust', '',
    'Hosp No,NHS No,Pt Ward,Date of birth,Admitted,DRD,Reason for delay,Resp,LA,EDD,Days delayed,Consultant']
  const two = (n) => String(n).padStart(2, '0')
  for (let i = 0; i < 30; i++) {
    const nine = '99930' + String(i * 37 + 11).padStart(4, '0')
    const sum = [...nine].reduce((all, digit, at) => all + Number(digit) * (10 - at), 0)
    const check = (11 - sum % 11) % 11
    if (check === 10) continue
    const ready = i === 7 ? '03/12/2026' : `${two(i % 26 + 1)}/11/2026`
    lines.push([`EM${4000 + i * 13}`, nine + check, `W${two(i % 9)}`, `${two(i % 28 + 1)}/0${i % 9 + 1}/19${40 + i}`,
      `${two(i % 20 + 1)}/10/2026`,
      ready, ['E', 'C', 'POC', 'Nursing Home', 'A'][i % 5], ['NHS', 'SS', 'LA', 'Health', 'Both'][i % 5],
      ['Northshire', 'Eastmere', 'NCC'][i % 3], '28/11/2026', i, 'Dr Smith'].join(','))
  }
  return lines.join('\r\n') + '\r\n'
}

async function clean (page, what) {
  assert.deepEqual(await findings(page), [], what)
}

test('a sender is taken on without scripts, at every width', async () => {
  const { page, wrong, leave } = await visitor(chrome, site, { as: 'analyst' })
  const plain = await visitor(chrome, site, { as: 'analyst', script: false })
  await plain.page.goto(site.at + '/layouts/new')
  await plain.page.setInputFiles('#file', { name: 'eastmere_delays_20261127.csv', mimeType: 'text/csv', buffer: Buffer.from(list()) })
  await plain.page.getByRole('button', { name: 'Look at the files' }).click()
  assert.match(plain.page.url(), /\/layouts\/new\/[a-z0-9]+$/, await plain.page.locator('main').innerText())
  const draft = plain.page.url()
  assert.match(await plain.page.locator('.app-lede').innerText(), /rows read/)
  assert.match(await plain.page.locator('.app-sender__marks').innerText(), /to check/)
  await page.goto(draft)
  await keep(page, 'sender-1280', { fullPage: true })
  await keep(page, 'sender-1280-first')
  await clean(page, 'the samples at 1280')
  await page.setViewportSize({ width: 390, height: 844 })
  await keep(page, 'sender-390', { fullPage: true })
  await page.setViewportSize({ width: 320, height: 700 })
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, 'the samples scroll sideways at 320')
  await clean(page, 'the samples at 320')
  await page.emulateMedia({ media: 'print' })
  await page.setViewportSize({ width: 760, height: 1000 })
  await keep(page, 'sender-print', { fullPage: true })
  await page.emulateMedia({ media: 'screen' })

  // One word and the whole file's choices are settled; the page shows the effect.
  await plain.page.getByLabel('POC', { exact: true }).selectOption('E')
  await plain.page.getByLabel('Code of the provider').fill('RZ9')
  await plain.page.getByRole('button', { name: 'Read the samples with these choices' }).click()
  assert.match(await plain.page.locator('.nhsuk-notification-banner').innerText(), /read again/)
  assert.equal(await plain.page.getByLabel('POC', { exact: true }).inputValue(), 'E')
  await plain.page.getByRole('button', { name: 'Save the layout' }).click()
  assert.match(await plain.page.locator('.nhsuk-error-summary').innerText(), /Enter why/)
  await plain.page.getByLabel('Why it is saved').fill('first list of Eastmere')
  await plain.page.getByRole('button', { name: 'Save the layout' }).click()
  assert.match(new URL(plain.page.url()).pathname, /^\/layouts\/rz9-csv$/)
  await page.setViewportSize({ width: 1280, height: 720 })
  await page.goto(plain.page.url())
  await keep(page, 'layout-1280')
  await clean(page, 'a layout')
  await page.goto(site.at + '/layouts')
  await keep(page, 'layouts-1280')
  await clean(page, 'the layouts')
  assert.deepEqual(wrong, [])
  await leave()
  await plain.leave()
})
