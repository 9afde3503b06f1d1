// The ward round in the hand and at the desk: everybody of a ward in the order
// of the beds, counted in keys, measured in px, with and without scripts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { browser, clock, findings, folder, serve, visitor } from './site.mjs'

let chrome, data, site, link, session

// The demonstration has people who were checked yesterday, today, and never.
before(async () => {
  chrome = await browser()
  data = folder()
  site = await serve('demo', '--data', data.dir)
  for (let n = 0; n < 100 && !link; n++) {
    link = site.said().match(/Coordinator, Northgate\D* (http\S+)/)?.[1]
    if (!link) await new Promise((resolve) => setTimeout(resolve, 100))
  }
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  data?.remove()
})

const focused = (page) => page.evaluate(() => document.activeElement.id)

async function coordinator (options) {
  const one = await visitor(chrome, site, options)
  if (session) {
    await one.context.addCookies([session])
    return one
  }
  // The link is good once.
  await one.page.goto(link)
  await one.page.getByRole('main').getByRole('button').first().click()
  await one.page.waitForURL(/\/today/)
  session = (await one.context.cookies()).find((c) => c.name === 'homeward')
  return one
}

// The wards with how many of their people can be checked, most first.
async function wardsToCheck (page, words) {
  await page.goto(site.at + '/today?ward=')
  const wards = await page.locator('.app-round__ward').evaluateAll((all) => all.slice(1).map((a) => a.href))
  const out = []
  for (const href of wards) {
    await page.goto(href)
    out.push([href, await page.locator('.app-round__button', { hasText: words }).count()])
  }
  return out.sort((a, b) => b[1] - a[1])
}

test('the first check of a round is two keys from the page', async () => {
  const { context, page, wrong } = await coordinator({ width: 390, height: 844 })
  // A ward whose next person is logged, as on most mornings.
  for (const [href] of await wardsToCheck(page, 'Still waiting')) {
    await page.goto(href)
    if (await page.locator('.app-round__row[autofocus] button.app-round__button').count() > 0) break
  }
  await page.goto(site.at + '/today') // As the menu leads there, which knows the ward.
  await page.waitForFunction(() => document.activeElement.matches('.app-round__row[autofocus]'))
  const id = await focused(page)
  const done = async () => +(await page.locator('.app-round__done').innerText()).match(/^(\d+) of/)[1]
  const was = await done()
  await page.keyboard.press('Tab')
  await Promise.all([page.waitForURL(/done=/), page.keyboard.press('Enter')])
  await page.waitForLoadState('load')
  assert.match(await page.locator(`#${id} .app-round__ok`).innerText(), new RegExp(`checked ${clock}`))
  assert.equal(await done(), was + 1, 'how far the round has come is in sight')
  assert.ok(await page.locator('.app-round__said').isVisible(), 'what was saved is in sight')
  const sizes = await page.locator('.app-round__row').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height))
  assert.ok(await page.locator('.app-round__undo-button').count() > 0)
  assert.ok(sizes.every((px) => px <= 88.5), `a row of ${Math.max(...sizes)} px with Undo`)
  await page.locator(`#${id} .app-round__undo-button`).click()
  await page.waitForLoadState('load')
  assert.deepEqual(wrong, [])
  await context.close()
})

for (const script of [true, false]) {
  const how = script ? '' : ' without scripts'
  test(`each check of a round is two keys${how}, and the next row is in focus whatever its state`, async () => {
    const { context, page, wrong } = await coordinator({ script })
    const [[href, most]] = await wardsToCheck(page, 'Still waiting')
    assert.ok(most >= 1, 'nobody of a ward can be checked')
    await page.goto(href)
    const rows = await page.locator('.app-round__row').evaluateAll((all) => all.map((e) => e.id))
    assert.ok(rows.length >= 2, 'no ward has a next row')
    const first = page.locator('.app-round__row:has(button.app-round__button)').first()
    const id = await first.getAttribute('id')
    if (await focused(page) !== id) await first.focus() // Somebody before them is to be logged first.
    await page.keyboard.press('Tab')
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Still waiting/)
    await Promise.all([page.waitForURL(/done=/), page.keyboard.press('Enter')])
    await page.waitForLoadState('load')
    const next = rows[Math.min(rows.indexOf(id) + 1, rows.length - 1)]
    await page.waitForFunction((want) => document.activeElement.id === want, next)
    assert.deepEqual(await page.locator('.app-round__row').evaluateAll((all) => all.map((e) => e.id)), rows, 'the rows stay in place')
    assert.match(await page.locator(`#${id} .app-round__ok`).innerText(), new RegExp(`checked ${clock}[\\s\\S]*Undo`))
    assert.match(page.url(), /ward=/)
    await page.locator(`#${id} .app-round__undo-button`).click()
    await page.waitForLoadState('load')
    assert.equal(await page.locator(`#${id} button.app-round__button`).count(), 1, 'taken back in place')
    assert.deepEqual(wrong, [])
    await context.close()
  })
}

test('somebody on the list is logged with a usual reason in six keys, the page saying what it will record', async () => {
  const { context, page, wrong } = await coordinator({ width: 390, height: 844 })
  const [[href]] = await wardsToCheck(page, 'Log delay')
  await page.goto(href)
  await page.locator('.app-round__row:has(a.app-round__button)').first().focus()
  let keys = 0
  const press = async (key) => { keys++; await page.keyboard.press(key) }
  await press('Tab')
  await Promise.all([page.waitForURL(/\/delays\/new/), press('Enter')])
  await page.waitForLoadState('load')
  await page.waitForFunction(() => document.activeElement.name === 'reason')
  const bar = await page.locator('.app-casebar').innerText()
  assert.match(bar, /Bed [\s\S]*HW-/)
  assert.equal(await page.locator('.app-choices .nhsuk-radios__item').evaluateAll((all) =>
    all.every((e) => e.getBoundingClientRect().height >= 48)), true, 'choices of 48 px')
  await press('1')
  assert.match(await page.locator('[data-app-preview=reason]').innerText(), /proposes|No rule decides/)
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 3))
  const save = await page.locator('button[value=next]').evaluate((e) => e.getBoundingClientRect())
  assert.ok(save.bottom <= 844 && save.top > 600, 'the button that saves is at the foot')
  assert.ok(await page.locator('.app-casebar').evaluate((e) => Math.abs(e.getBoundingClientRect().top) < 2), 'the bed is in sight')
  // With the whole page in sight: wherever it is scrolled to, the bars at its head and
  // foot cut through something, which axe takes for a target that is too small.
  await page.setViewportSize({ width: 390, height: await page.evaluate(() => document.documentElement.scrollHeight) })
  assert.deepEqual(await findings(page), [])
  await page.setViewportSize({ width: 390, height: 844 })
  if (await page.locator('[name=destination]:checked').count() === 0) {
    await press('Tab')
    await press('Tab')
    await press('ArrowDown')
  }
  await Promise.all([page.waitForURL(/done=/), press('Enter')])
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Delay logged for bed/)
  assert.match(page.url(), /ward=/, 'the ward is kept')
  assert.ok(keys <= 6, `${keys} keys`)
  console.log(`# logged in ${keys} keys`)
  assert.deepEqual(wrong, [])
  await context.close()
})

test('a chosen ward is one list in the order of the beds, remembered, and each row measures up', async () => {
  const { context, page, wrong } = await coordinator({ width: 390, height: 844 })
  // Late in the day some wards have nobody left to check.
  const [[href]] = await wardsToCheck(page, 'Still waiting')
  const ward = new URL(href).searchParams.get('ward')
  await page.goto(site.at + '/today?ward=')
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
  // The heading of the ward stays in sight down to its last bed. The space below is for a ward of few beds,
  // whose page ends before it can be scrolled so far.
  await page.locator('.app-round__bay').first().locator('.app-round__row').last().evaluate((row) => {
    document.body.style.paddingBottom = '1000px'
    const above = ['.app-round__bar', '.app-round__heading'].reduce((px, e) => px + document.querySelector(e).offsetHeight, 0)
    scrollBy(0, row.getBoundingClientRect().top - above)
  })
  const top = await page.locator('.app-round__heading').first().evaluate((e) => e.getBoundingClientRect().top)
  const bar = await page.locator('.app-round__bar').evaluate((e) => e.getBoundingClientRect())
  assert.ok(bar.top >= -1 && top >= bar.height - 2 && top < bar.height + 40, `the heading is at ${top} px below a bar of ${bar.height} px`)
  await page.evaluate(() => { document.body.style.paddingBottom = '' })
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    assert.deepEqual(await findings(page), [], `at ${width} px`)
  }
  const desk = await page.locator('.app-round__button').first().evaluate((e) => e.getBoundingClientRect().height)
  assert.ok(desk >= 44, `a button of ${desk} px at the desk`)
  await page.locator('.app-round__ward', { hasText: 'All wards' }).click()
  await page.goto(site.at + '/today')
  assert.doesNotMatch(page.url(), /ward=/, 'all wards are remembered too')
  assert.deepEqual(wrong, [])
  await context.close()
})

test('without a network the round goes on: checks wait in the page, are said, and are sent once', async () => {
  const { context, page, wrong } = await coordinator({ width: 390, height: 844 })
  const [[href]] = await wardsToCheck(page, 'Still waiting')
  await page.goto(href)
  await page.clock.setFixedTime(new Date(Date.now() - 5 * 60000))
  await context.setOffline(true)
  const buttons = page.locator('button.app-round__button')
  const ids = await page.locator('.app-round__row:has(button.app-round__button)').evaluateAll((all) => all.map((e) => e.id))
  const n = Math.min(2, ids.length)
  const posts = []
  const order = []
  page.on('request', (r) => {
    if (r.redirectedFrom()) return
    order.push(r.method())
    if (r.method() === 'POST') posts.push(r.postData())
  })
  for (let i = 0; i < n; i++) await buttons.first().click()
  assert.match(await page.locator('#round-waiting').innerText(), new RegExp(`^${n} checks? waits? in this page`))
  assert.match(await page.locator(`#${ids[0]}`).innerText(), /checked \d.*waits to be sent/)
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0, 'something is kept in storage')
  assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).length), 0, 'something is kept in a database')
  // Who is signed out meanwhile loses nothing.
  await context.clearCookies()
  await context.setOffline(false)
  await page.waitForFunction(() => /signed out/.test(document.getElementById('round-waiting').textContent))
  assert.match(await page.locator('#round-waiting').innerText(), new RegExp(`^${n} checks? waits? in this page`))
  assert.deepEqual(posts, [], 'nothing is sent')
  await context.addCookies([session])
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.waitForFunction(() => document.getElementById('round-waiting').hidden, null, { timeout: 60000 })
  assert.match(order.join(' '), new RegExp(` GET${' POST'.repeat(n)}$`), 'all are sent in one go')
  for (const id of ids.slice(0, n)) assert.match(await page.locator(`#${id} .app-round__ok`).innerText(), /checked [\s\S]*Undo/)
  assert.equal(new Set(posts.map((p) => new URLSearchParams(p).get('key'))).size, n, 'each has a key of its own')
  // Once in the history of the record.
  await page.goto(site.at + '/delays/' + ids[0].replace('row-', ''))
  assert.equal((await page.locator('main').innerText()).match(/by the clock of the phone, recorded at/g).length, 1)
  assert.deepEqual(wrong.filter((w) => !/ERR_INTERNET_DISCONNECTED/.test(w)), [])
  await context.close()
})
