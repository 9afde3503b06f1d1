// A file that has drifted from its layout, in a browser without scripts: held on
// arrival, offered as the next version with the difference shown, saved, read again.
// Set LOOK_PICTURES to a folder to keep pictures to judge by eye.
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { browser, day, emailOf, findings, northshire, run, serve, signInAll, visitor } from './site.mjs'

const pictures = process.env.LOOK_PICTURES
let chrome, site, extracts
const folders = []

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(10, 20)
  folders.push(data, files)
  extracts = path.join(files.dir, 'extracts')
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

// Northgate's list of yesterday as that of today, from a system that calls things
// otherwise.
function drifted () {
  const name = readdirSync(extracts).find((one) => one.startsWith('RZ1') && one.includes(day(1)))
  const lines = readFileSync(path.join(extracts, name), 'utf8').replaceAll(day(1), day(0)).split(/\r?\n/)
  const headings = lines[0].split(',').map((h) => ({ 'Date of birth': 'DOB' })[h] ?? h)
  headings.push('Frailty score')
  const rows = lines.slice(1).filter(Boolean).map((line) => line + ',3')
  rows[0] = rows[0].replace(/,(Acute|Non-Acute),[^,]+,/, ',$1,Awaiting a ramp,')
  return { name: name.replace(day(1), day(0)), text: [headings.join(','), ...rows].join('\r\n') + '\r\n' }
}

async function look (page, what, name) {
  assert.deepEqual(await findings(page), [], `${what} at 1280`)
  if (pictures) {
    await page.screenshot({ path: path.join(pictures, name + '-1280-first.png') })
    await page.screenshot({ path: path.join(pictures, name + '-1280.png'), fullPage: true })
  }
  await page.setViewportSize({ width: 390, height: 844 })
  if (pictures) await page.screenshot({ path: path.join(pictures, name + '-390.png'), fullPage: true })
  await page.setViewportSize({ width: 320, height: 700 })
  // What follows the width by script is done a frame later.
  await page.waitForFunction(() => document.documentElement.scrollWidth <= 320, null, { timeout: 5000 })
    .catch(() => assert.fail(`${what} scrolls sideways at 320`))
  assert.deepEqual(await findings(page), [], `${what} at 320`)
  await page.emulateMedia({ media: 'print' })
  await page.setViewportSize({ width: 760, height: 1000 })
  if (pictures) await page.screenshot({ path: path.join(pictures, name + '-print.png'), fullPage: true })
  await page.emulateMedia({ media: 'screen' })
  await page.setViewportSize({ width: 1280, height: 720 })
}

test('a file that has drifted is offered as the next version of its layout', async () => {
  const { page, wrong, leave } = await visitor(chrome, site, { as: 'analyst' })
  const plain = await visitor(chrome, site, { as: 'analyst', script: false })
  const { name, text } = drifted()
  await plain.page.goto(site.at + '/extracts/upload')
  await plain.page.setInputFiles('input[type=file]', { name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  await plain.page.getByRole('button', { name: 'Take in now' }).click()
  const receipt = plain.page.url()
  assert.match(await plain.page.locator('main').innerText(), /This file is held/)
  await page.goto(receipt)
  await look(page, 'the receipt', 'drift-receipt')

  await plain.page.getByRole('button', { name: 'Offer as a new version of northgate-csv' }).click()
  assert.match(await plain.page.locator('#differences').innerText(), /DOB/)
  await page.goto(plain.page.url())
  await look(page, 'the next version', 'drift-next')

  await plain.page.getByLabel('Awaiting a ramp', { exact: true }).selectOption('F')
  await plain.page.getByLabel('It is right').check()
  await plain.page.getByRole('button', { name: 'Read the samples with these choices' }).click()
  assert.match(await plain.page.locator('main').innerText(), /0 to check|\+.*Awaiting a ramp/)
  await page.goto(plain.page.url())
  await look(page, 'the next version, settled', 'drift-settled')
  await plain.page.getByLabel('Why it is saved').fill('their new system')
  await plain.page.getByRole('button', { name: 'Save the layout' }).click()
  assert.match(new URL(plain.page.url()).pathname, /^\/layouts\/northgate-csv$/)
  await plain.page.goto(site.at + '/extracts/again')
  await plain.page.getByLabel('Why are they read again?').fill('their new system')
  await plain.page.getByRole('button', { name: /Read/ }).click()
  await plain.page.goto(receipt)
  assert.match(await plain.page.locator('main').innerText(), /read again with other words, and counts/)
  assert.deepEqual(wrong, [])
  await leave()
  await plain.leave()
})
