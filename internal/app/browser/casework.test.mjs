// The daily use by keyboard, without scripts and at 320 px: the worklist, the
// three-field log, the record, the agreement and the council's page. Key
// presses and page loads are counted, not seconds.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { browser, clock, findings, northshire, sideways, staffed, visitor } from './site.mjs'


let chrome, site
const folders = []

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(60, 60)
  folders.push(data, files)
  site = await staffed(data.dir, ['coordinator', 'reviewer', 'director'])
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

// The link that logs the n-th person who is ready and not logged.
async function fresh (page, n = 0) {
  await page.goto(site.at + '/today')
  return page.locator('a', { hasText: 'Log delay' }).nth(n)
}

// Chooses a reason among the usual ones, else in the list of the others.
async function chooseReason (page, code) {
  const usual = page.locator(`[name=reason][value="${code}"]`)
  if (await usual.count()) await usual.check()
  else await page.selectOption('#other-reason', code)
}

test('J2 a delay is logged with the keyboard alone in 12 key presses or fewer and two page loads', async () => {
  const { page, wrong, leave } = await visitor(chrome, site, { as: 'coordinator' })
  const link = await fresh(page)
  const ref = (await link.getAttribute('href')).match(/ref=([^#]+)/)[1]
  let keys = 0
  let loads = 0
  const press = async (key) => { keys++; await page.keyboard.press(key) }
  await link.focus()
  page.on('load', () => loads++)
  await Promise.all([page.waitForURL(/\/delays\/new/), press('Enter')])
  assert.equal(await page.evaluate(() => document.activeElement.name), 'reason', 'the page begins at the reason')
  // A usual one of the ward that goes with a way home: the most usual may be a care home.
  const usual = await page.locator('[name=reason]').evaluateAll((all) => all.map((one) => one.value))
  await press(String(usual.findIndex((code) => !/^D/.test(code)) + 1))
  await press('Tab') // the list of the others
  await press('Tab') // the destination
  await press('ArrowDown')
  await Promise.all([page.waitForURL(/\/today/), press('Enter')])
  await page.waitForLoadState('load')
  assert.ok(keys <= 12, `${keys} key presses`)
  assert.equal(loads, 2, 'page loads')
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Delay logged for bed/)
  assert.match(await page.locator(`#row-${ref}`).innerText(), new RegExp(`logged ${clock}`))
  assert.deepEqual(wrong, [])
  console.log(`# ${keys} key presses, ${loads} page loads`)
  await leave()
})

test('J3 without scripts: every error, what was typed is kept, then it is saved', async () => {
  const { page, leave } = await visitor(chrome, site, { as: 'coordinator', script: false, width: 320 })
  await (await fresh(page)).click()
  await page.check('#ready-other')
  await page.click('text=Save and go to next')
  assert.match(await page.title(), /^Error: /)
  const summary = await page.locator('.nhsuk-error-summary').innerText()
  for (const words of ['There is a problem', 'Ready date must include a day and month and year', 'Select what they are waiting for',
    "Select where they are going, or select 'Not decided yet'"]) {
    assert.ok(summary.includes(words), words)
  }
  assert.ok(await page.isChecked('#ready-other'))
  await page.check('#ready-fed')
  await chooseReason(page, 'Dii')
  await page.check('#destination-1')
  await page.click('text=Save and go to next')
  assert.match(await page.locator('.nhsuk-panel--interruption').innerText(), /rarely go together/)
  await page.fill('#because', 'Moves in with a relative')
  await page.click('text=Continue anyway')
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Delay logged/)
  await leave()
})

test('J5 without scripts: the council disputes, the thread shows it', async () => {
  const { page, leave } = await visitor(chrome, site, { as: 'reviewer', script: false })
  await page.goto(site.at + '/agreement')
  // One for a reason that more than one body can have, and that a rule decides: which
  // rows there are follows the day.
  const asked = page.locator('tbody tr', { hasNotText: /C Further|I Housing|O Other/ }).locator('a', { hasText: 'Answer' })
  const questions = await asked.evaluateAll((all) => all.map((e) => e.href))
  for (const href of questions) {
    await page.goto(href)
    if (/ proposes: /.test(await page.locator('main').innerText())) break
  }
  await page.click('text=Confirm answer')
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Select an answer/)
  await page.check('#answer-dispute')
  const [, proposed] = (await page.locator('main').innerText()).match(/ proposes: ([^,]+), for /)
  await page.check(`input[name="body"][value="${proposed === 'NHS' ? 'social-care' : 'nhs'}"]`)
  if (await page.locator('#checks-fact').count()) await page.check('#checks-fact')
  await page.fill('#words', 'Referral papers arrived later.')
  await page.click('text=Confirm answer')
  const said = await page.locator('main').innerText()
  assert.match(said, /Disputed: [\d,]+ days?\. .* replies by 5pm on /)
  assert.match(said, /Referral papers arrived later\./)
  await leave()
})

test('every casework page holds: axe, one h1, no sideways scroll, with and without scripts', async () => {
  const coordinator = await visitor(chrome, site, { as: 'coordinator' })
  const link = await fresh(coordinator.page)
  const form = await link.getAttribute('href')
  const ref = form.match(/ref=([^#]+)/)[1]
  const logged = await coordinator.page.locator('.app-round__row').first().getAttribute('id')
  const at = '/delays/' + logged.replace('row-', '')
  await coordinator.leave()
  const reviewer = await visitor(chrome, site, { as: 'reviewer' })
  await reviewer.page.goto(site.at + '/agreement')
  const question = await reviewer.page.locator('tbody a').first().getAttribute('href')
  await reviewer.page.goto(site.at + '/agreement?which=disputed')
  const disputes = reviewer.page.locator('tbody a')
  const dispute = await disputes.count() ? await disputes.first().getAttribute('href') : null
  await reviewer.leave()
  const targets = [
    ['coordinator', '/today'], ['coordinator', form], ['coordinator', '/delays/new?provider=RZ1'], ['coordinator', '/delays/' + ref],
      ['coordinator', at],
    ['coordinator', at + '/periods/1'], ['coordinator', at + '/reason'], ['coordinator', at + '/pause'], ['coordinator', at + '/end'],
      ['coordinator', at + '/actions/new'],
    ['reviewer', '/agreement'], ['reviewer', question], ['director', '/council/E10000099'], ['director', '/council/E10000099?view=print']
  ]
  if (dispute) targets.push(['director', dispute])
  for (const [as, target] of targets) {
    for (const [width, script] of [[1280, true], [320, true], [320, false]]) {
      const { page, wrong, leave } = await visitor(chrome, site, { as, width, script, again: true })
      const answer = await page.goto(site.at + target)
      const name = `${target} at ${width} px${script ? '' : ' without scripts'}`
      assert.equal(answer.status(), 200, name)
      assert.deepEqual(wrong, [], name)
      assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
      assert.deepEqual(await sideways(page), [], `${name} scrolls sideways`)
      if (target === '/today' && width === 320) {
        // In the hand nothing of a person is looked for sideways.
        const aside = await page.locator('.app-round__row').evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth))
        assert.ok(aside.length > 0 && aside.every((px) => px <= 0), `${name}: the rows scroll sideways by ${aside} px`)
      }
      if (script) {
        assert.deepEqual(await findings(page), [], name)
      }
      await leave()
    }
  }
})
