// The page of a dispute: how few keys lead to it from a number, the days picked on
// the calendar with and without scripts, and the page on paper.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { browser, day, findings, northshire, staffed, visitor } from './site.mjs'


let chrome, site
const folders = []

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(40, 40)
  folders.push(data, files)
  site = await staffed(data.dir, ['reviewer'])
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

const council = `/council/E10000099?from=${day(40)}&to=${day(1)}`

async function holds (page, name) {
  assert.deepEqual(await findings(page), [], name)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`)
}

// The first of some forms in which another body can be proposed: a reason may leave
// one alone, and which row comes first follows from the folder's random key.
async function disputable (context, forms) {
  for (const form of forms) {
    const text = await (await context.request.get(site.at + form)).text()
    if (text.match(/ name="body"/g)?.length > 1) return form
  }
  assert.fail(`nobody else can be proposed in any of ${forms.length} forms`)
}

// The value of a body's choice, from its name.
const slug = (body) => body.toLowerCase().replaceAll(' ', '-')

// A key is one that the pages are told of; Tab and those of the reader's own
// sentence are not counted. Everything is reached by Tab, and every question that the
// form leaves open is answered, so that one more of them is a key more.
test('from a number to its dispute in at most five keys, and the reader stands on it', async () => {
  const { context, page, wrong, leave } = await visitor(chrome, site, { as: 'reviewer' })
  const keys = []
  await page.exposeFunction('keyed', (key) => { keys.push(key) })
  await page.addInitScript(() => window.addEventListener('keydown', (e) => {
    if (e.key !== 'Tab' && e.target.tagName !== 'TEXTAREA') window.keyed(e.key)
  }, true))
  await page.goto(site.at + council)
  const reach = async (target) => {
    for (let tabs = 0; tabs < 500; tabs++) {
      if (await target.evaluate((one) => one === document.activeElement)) return
      await page.keyboard.press('Tab')
    }
    assert.fail(`Tab does not come to ${target}`)
  }
  const follow = async (target) => {
    await reach(target)
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  }
  // Tab comes to the first of a group; arrows go on from there and choose.
  const choose = async (group, value) => {
    const values = await group.evaluateAll((all) => all.map((one) => one.value))
    await reach(group.first())
    const at = value === undefined ? 0 : values.indexOf(value)
    assert.ok(at >= 0, `${value} is not among ${values}`)
    for (let n = 0; n < Math.max(at, 1); n++) await page.keyboard.press(at === 0 ? 'Space' : 'ArrowDown')
    assert.ok(await group.nth(at).isChecked(), values[at])
  }
  await follow(page.locator('#stands-proposed .app-stand__number a'))
  assert.match(page.url(), /\/days\?/)
  const links = page.locator('#days tbody tr').getByRole('link', { name: /^Dispute/ })
  const form = await disputable(context, await links.evaluateAll((all) => all.map((one) => one.getAttribute('href'))))
  const row = page.locator('#days tbody tr', { has: page.locator(`a[href="${form}"]`) }).first()
  const days = await row.locator('.nhsuk-table__cell--numeric').first().innerText()
  await follow(row.getByRole('link', { name: /^Dispute/ }).first())
  assert.ok(await page.locator('#answer-dispute').isChecked(), 'that it is a dispute is chosen already')
  const [, proposed] = (await page.locator('main').innerText()).match(/ proposes: ([^,]+), for /)
  const open = await page.locator('main input[type=radio]').evaluateAll((all) => [...new Set(all.filter((one) => one.checkVisibility())
    .map((one) => one.name))].filter((name) => !all.some((one) => one.name === name && one.checked)))
  assert.ok(open.includes('body'), 'whose days they are is asked')
  for (const name of open) {
    const others = page.locator(`main input[name=body]:not([value=${slug(proposed)}])`)
    await choose(page.locator(`main input[name=${name}]`), name === 'body' ? await others.first().inputValue() : undefined)
  }
  await reach(page.locator('#words'))
  await page.keyboard.type('The referral had no assessment.')
  await follow(page.getByRole('button', { name: 'Confirm answer' }))
  assert.match(page.url(), /\/disputes\/HW-/)
  const said = await page.locator('main').innerText()
  assert.match(said, new RegExp(`Disputed: ${days} days?\\. .+ replies by 5pm on `))
  assert.ok(keys.length >= 3 && keys.length <= 5, `${keys.length} keys: ${keys}`)
  console.log(`# disputed in ${keys.length} keys: ${keys}`)
  await holds(page, 'the dispute')
  // What it would do is said beside it, and the clock and who decides.
  for (const part of ['.app-clock', '.app-stages [aria-current=step]', '.app-side--nhs', '.app-side--council', '.app-effect__number',
    '.app-effect__scale', '#day-counts', '.app-course__item--next']) {
    assert.ok(await page.locator(part).first().isVisible(), part)
  }
  const [nhs, own] = await Promise.all(['nhs', 'council'].map((one) => page.locator(`.app-side--${one}`).boundingBox()))
  assert.ok(Math.abs(nhs.width - own.width) < 1, 'both views are of one width')
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  assert.ok(height <= 2250, `the page is ${height} px tall`)
  assert.deepEqual(wrong, [])
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
  const sheets = pdf.match(/\/MediaBox \[/g).length
  assert.ok(sheets <= 2, `${sheets} sheets`)
  await leave()
})

for (const script of [true, false]) {
  test(`the days disputed are picked by keyboard at 320 px, scripts ${script ? 'on' : 'off'}, in forced colours`, async () => {
    const { context, page, wrong, leave } = await visitor(chrome, site, { as: 'reviewer', width: 320, script })
    await page.emulateMedia({ forcedColors: 'active' })
    await page.goto(site.at + '/agreement')
    const rows = await page.locator('#bulk tbody tr').evaluateAll((all) => all.map((r) => [r.querySelector('td a').getAttribute('href'),
      Number(r.querySelector('.nhsuk-table__cell--numeric').textContent), r.querySelector('input') !== null]))
    const long = rows.filter(([, days, pick]) => pick && days >= 4 && days < 30)
    await page.goto(site.at + await disputable(context, long.map(([href]) => `${href}?answer=dispute`)))
    if (script) await holds(page, 'the days')
    const boxes = page.locator('input[name=days]')
    const all = await boxes.count()
    const sizes = await page.locator('label.app-cal__day').evaluateAll((days) => days.map((d) => d.getBoundingClientRect()))
    assert.ok(sizes.every((box) => box.width >= 24 && box.height >= 44), 'each day can be hit')
    const [, proposed] = (await page.locator('main').innerText()).match(/ proposes: ([^,]+), for /)
    const others = page.locator(`input[name=body]:not([value=${slug(proposed)}])`)
    await others.first().check()
    await page.check('#checks-date')
    await page.fill('#words', 'Only the middle of it.')
    const untick = async (n) => { await boxes.nth(n).focus(); await page.keyboard.press('Space') }
    // A gap is refused in words, and what was ticked stands.
    await untick(1)
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Confirm answer' }).click()])
    assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Select days that follow each other: .+ is not selected/)
    assert.equal(await page.locator('input[name=days]:checked').count(), all - 1)
    await untick(0)
    await untick(all - 1)
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Confirm answer' }).click()])
    assert.match(await page.locator('main').innerText(), new RegExp(`Disputed: ${all - 3} days?\\.`))
    assert.equal(await page.locator('.app-cal__day--contested').count(), all - 3, 'the calendar shows them')
    if (script) await holds(page, 'the dispute in the hand')
    assert.deepEqual(wrong.filter((w) => !/status of 422/.test(w)), [])
    await leave()
  })
}
