// Every page, full and empty, as people meet it: with and without scripts, on a
// laptop and at 320 px, by keyboard, with axe, and under the content security
// policy with no other host.
import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  addPeople, browser, day, findings, folder, northshire, pages, roleFor, run, serve, sideways, signInAll, staffed, visitor
} from './site.mjs'

let chrome
const sites = {}
const folders = []

before(async () => {
  chrome = await browser()
  const { data: full, files } = await northshire(100, 60)
  const empty = folder()
  folders.push(full, empty, files)
  // Everybody is on the list of people; these are visited as.
  const { administrator, analyst, coordinator } = await addPeople(full.dir)
  sites.full = await serve('serve', '--data', full.dir)
  sites.full.cookies = await signInAll(sites.full.at, { administrator, analyst, coordinator })
  // A partnership whose hospitals have listed everybody in a bed since a month
  // ago brings its own description.
  const lists = folder()
  const beds = folder()
  folders.push(lists, beds)
  await run('synth', '--out', lists.dir, '--from', day(60), '--to', day(1), '--beds-from', day(31), '--size', '40')
  for (const part of ['partnership.yaml', 'layouts']) cpSync(path.join(lists.dir, part), path.join(beds.dir, part), { recursive: true })
  await run('ingest', '--data', beds.dir, path.join(lists.dir, 'extracts'))
  sites.beds = await staffed(beds.dir, ['administrator'])
  await run('init', '--data', empty.dir)
  sites.empty = await staffed(empty.dir, ['administrator', 'analyst', 'coordinator'], { provider: 'RK9', council: 'E10000008' })
})

after(async () => {
  await chrome?.close()
  for (const site of Object.values(sites)) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

// What is true of a page whatever its size and scripts.
async function sound (page, wrong, name) {
  assert.deepEqual(await sideways(page), [], `${name}: scrolls sideways`)
  assert.deepEqual(wrong, [], `${name}: something was refused or asked of another host`)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
  assert.match(await page.title(), / – Homeward$/, `${name}: its title`)
}

// Pages that are others, or hold more, where hospitals list everybody in a bed.
const ofBeds = ['/overview', '/sitrep', '/discharge', '/bridge', '/flow?split=pathway', '/reasons', '/conventions']
// How tall a page may be at 320 px: what is long is in pages, or folded.
const tallest = {
  '/admin/partnership': 3600,
  '/admin/audit': 6500,
  '/admin/jobs': 5000,
  '/definitions': 1800,
  '/discharge': 6800,
  '/extracts': 2800,
  '/extracts/calendar': 4000,
  '/figures?by=provider,reason&last=3m': 6800,
  '/overview': 7000
}
// The empty site has the same frame and few words, so two visits tell enough.
const visits = {
  full: [[1280, 720, true], [320, 640, true], [1280, 720, false], [320, 640, false]],
  beds: [[1280, 720, true], [320, 640, true], [320, 640, false]],
  empty: [[1280, 720, true], [320, 640, false]]
}

for (const which of ['full', 'beds', 'empty']) {
  describe(`${which} site`, () => {
    const ofNorthshire = /^\/layouts\/northgate|^\/admin\/partnership\/providers\//
    const here = pages.filter((one) => which === 'full' || !ofNorthshire.test(one))
    for (const target of which === 'beds' ? ofBeds : here) {
      test(target, async () => {
        const { at } = sites[which]
        for (const [width, height, script] of visits[which]) {
          const name = `${which} ${target} at ${width} px, scripts ${script ? 'on' : 'off'}`
          const { page, wrong, leave } = await visitor(chrome, sites[which],
            { width, height, script, as: roleFor(target), again: true })
          const answer = await page.goto(at + target)
          assert.equal(answer.status(), 200, name)
          await sound(page, wrong, name)
          if (width === 320) { // Two bars, of 48 and 40 px, with scripts and without.
            const bars = await page.locator('header').evaluate((header) => header.getBoundingClientRect().height)
            assert.ok(bars <= 96, `${name}: the header is ${bars} px high`)
            const tall = await page.evaluate(() => document.documentElement.scrollHeight)
            if (tallest[target]) assert.ok(tall <= tallest[target], `${name} is ${tall} px tall`)
          }
          if (script) {
            assert.deepEqual(await findings(page), [], `${name}: axe`)
            // Open every expander: what it holds must fit too.
            await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = true })
            await sound(page, wrong, `${name}, opened`)
          }
          await leave()
        }
      })
    }
  })
}

describe('by keyboard', () => {
  test('every link, button and field of the overview takes the focus, visibly and in order', async () => {
    const { page, leave } = await visitor(chrome, sites.full)
    await page.goto(sites.full.at + '/overview')
    // What does not fit beside the others moves into the menu first.
    await page.waitForLoadState('networkidle')
    const expected = await page.evaluate(() => [...document.querySelectorAll('a[href], button, summary, input, select, [tabindex="0"]')]
      // The buttons of a chart show when its plot has the focus.
      .filter((e) => e.dataset.step || e.checkVisibility({ visibilityProperty: true }) && !e.closest('[hidden]') &&
        !(e.closest('details:not([open])') && e.tagName !== 'SUMMARY')).length)
    const seen = new Set()
    for (let i = 0; i < expected + 5; i++) {
      await page.keyboard.press('Tab')
      const now = await page.evaluate(() => {
        const e = document.activeElement
        if (!e || e === document.body) return null
        e.dataset.visit ??= String(Math.random())
        // The package marks the words inside a summary, not the summary.
        const marks = [e, ...e.children].map((one) => getComputedStyle(one))
        const box = e.getBoundingClientRect()
        return {
          id: e.dataset.visit,
          what: e.outerHTML.slice(0, 80),
          marked: marks.some((style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none' ||
            style.backgroundColor === 'rgb(255, 235, 59)'),
          inView: box.bottom > 0 && box.top < innerHeight
        }
      })
      if (!now) break
      assert.ok(now.marked, `no visible focus on ${now.what}`)
      assert.ok(now.inView, `the focus is out of view on ${now.what}`)
      seen.add(now.id)
    }
    assert.equal(seen.size, expected, 'some of the page cannot be reached')
    await leave()
  })

  test('who stands on a link of the header keeps their place when its links move', async () => {
    const { page, wrong, leave } = await visitor(chrome, sites.full)
    await page.goto(sites.full.at + '/overview')
    await page.waitForLoadState('networkidle')
    const link = page.locator('.nhsuk-header__navigation-item a').nth(1)
    await link.focus()
    const frames = () => page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))))
    await page.setViewportSize({ width: 1200, height: 720 })
    await frames()
    assert.ok(await link.evaluate((one) => one === document.activeElement), 'the focus is lost beside the others')
    const last = page.locator('.nhsuk-header__navigation-list > .nhsuk-header__navigation-item a').last()
    await last.evaluate((one) => { one.id = 'goes'; one.focus() })
    await page.setViewportSize({ width: 700, height: 720 })
    await frames()
    assert.ok(await page.locator('.nhsuk-header__menu #goes').count(), 'the last link went into the menu')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'toggle-menu', 'the focus is on the menu that holds the link')
    assert.deepEqual(wrong, [])
    await leave()
  })

  test('search, account and every page are reached on a phone without scripts', async () => {
    const { page, wrong, leave } = await visitor(chrome, sites.full, { width: 320, script: false, as: 'coordinator' })
    await page.goto(sites.full.at + '/today')
    const focused = (what) => page.locator(what).first().evaluate((one) => one === document.activeElement)
    const reach = async (what, most = 12) => {
      for (let tabs = 0; tabs < most; tabs++) {
        await page.keyboard.press('Tab')
        if (await focused(what)) return
      }
      assert.fail(`Tab does not come to ${what}`)
    }
    await reach('.nhsuk-skip-link', 1)
    await reach('.app-header__show--find > summary')
    assert.ok(!await page.locator('#find').isVisible())
    await page.keyboard.press('Enter')
    await reach('#find', 1)
    await reach('.app-header__show--account > summary')
    await page.keyboard.press('Enter')
    await reach('.nhsuk-header__account-button')
    const links = page.locator('.nhsuk-header__navigation-item')
    const shown = () => links.evaluateAll((all) => all.filter((one) => one.checkVisibility()).length)
    assert.ok(await shown() <= 3, 'the first links stand beside More')
    await reach('.app-header__more summary')
    await page.keyboard.press('Enter')
    assert.equal(await shown(), await links.count(), 'More opens the others')
    await reach('.nhsuk-header__navigation-item:nth-last-of-type(2) a', 30)
    await sound(page, wrong, 'the opened header')
    await leave()
  })

  test('filters open, apply and clear', async () => {
    const { page, wrong, leave } = await visitor(chrome, sites.full)
    await page.goto(sites.full.at + '/overview')
    await page.locator('summary', { hasText: 'Change filters' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('#resp-nhs').focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Apply filters' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/resp=nhs/)
    assert.match(await page.locator('.app-showing').innerText(), /next step with NHS/)
    await sound(page, wrong, 'filtered overview')
    await leave()
  })

  test('a chart is read step by step, and says what its table says', async () => {
    const { page, wrong, leave } = await visitor(chrome, sites.full)
    await page.goto(sites.full.at + '/overview')
    for (const id of ['delayed-days', 'dtoc-beds', 'council-share', 'reasons']) {
      const figure = page.locator(`figure#${id}`)
      const output = figure.locator('.app-chart__output')
      // From the plot by arrow keys; the buttons are for those who cannot use them.
      assert.ok(!await figure.locator('.app-chart__reading').isVisible(), `${id}: nobody has asked for a reading`)
      await figure.locator('.app-chart__scroll').focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowLeft')
      await figure.getByRole('button', { name: 'Next reading' }).focus()
      await page.keyboard.press('Enter')
      await figure.getByRole('button', { name: 'Previous reading' }).focus()
      await page.keyboard.press('Enter')
      const reading = await output.innerText()
      const rows = await figure.locator('tbody tr').evaluateAll((all) =>
        all.map((row) => [...row.children].map((cell) => cell.textContent.trim())))
      const row = rows.find(([head]) => reading.startsWith(`${head}:`))
      assert.ok(row, `${id}: "${reading}" is no row of the table`)
      for (const cell of row.slice(1)) assert.ok(reading.includes(cell), `${id}: ${cell} is not in "${reading}"`)
      await figure.locator('.app-chart__live canvas').first().waitFor()
    }
    await sound(page, wrong, 'overview with live charts')
    await leave()
  })
})

test('between a phone and a desk a table that is wide shows that it goes on, and its caption is whole', async () => {
  const { page, wrong, leave } = await visitor(chrome, sites.full, { width: 700, script: false, again: true })
  let wide = 0
  for (const target of ['/admin/jobs', '/admin/audit', '/admin/partnership/settings', '/quality', '/sitrep', '/council/E10000099',
    '/admin/users', '/extracts', '/extracts/calendar', '/discharge']) {
    await page.goto(sites.full.at + target)
    await sound(page, wrong, `${target} at 700 px`)
    const tables = await page.locator('.app-scroll').evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1)
      .map((one) => [one.getAttribute('aria-labelledby'), getComputedStyle(one).backgroundImage.split('linear-gradient').length - 1,
        getComputedStyle(one).backgroundAttachment]))
    for (const [name, edges, moves] of tables) assert.deepEqual([edges, moves], [4, 'local, local, scroll, scroll'], `${target}: ${name}`)
    const cut = await page.locator('.app-scroll').evaluateAll((all) => all.map((one) => [one, one.querySelector('caption')])
      .filter(([one, caption]) => caption?.checkVisibility() && caption.getBoundingClientRect().width > one.clientWidth + 1)
      .map(([, caption]) => caption.textContent))
    assert.deepEqual(cut, [], `${target}: captions are cut`)
    if (/jobs|audit|users|extracts/.test(target)) assert.deepEqual(tables, [], `${target}: what is done in a row is out of sight`)
    wide += tables.length
  }
  assert.ok(wide > 0, 'no table is wide here, so nothing was looked at')
  await leave()
})

test('no page of the ward round is wider than the window, on a phone neither are its sheets', async () => {
  const { page, wrong, leave } = await visitor(chrome, sites.full, { width: 1024, script: false, as: 'coordinator' })
  for (const width of [1024, 768, 700, 390, 320]) {
    await page.setViewportSize({ width, height: 720 })
    for (const target of ['/today', '/today?view=print']) {
      await page.goto(sites.full.at + target)
      await sound(page, wrong, `${target} at ${width} px`)
    }
  }
  await leave()
})

test('what covers the shadow of a table that is all in sight has the colour of its ground', async () => {
  const { page, leave } = await visitor(chrome, sites.full, { width: 320, script: false, again: true })
  let seen = 0
  for (const target of ['/reasons', '/sitrep', '/extracts/calendar', '/published', '/discharge']) {
    await page.goto(sites.full.at + target)
    const grounds = await page.locator('.app-scroll').evaluateAll((all) => all.map((one) => {
      const bare = (at) => getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)'
      let under = one.parentElement
      while (bare(under)) under = under.parentElement
      return [getComputedStyle(one).backgroundImage.includes(getComputedStyle(under).backgroundColor), one.getAttribute('aria-labelledby')]
    }))
    seen += grounds.length
    assert.deepEqual(grounds.filter(([same]) => !same), [], `${target}: a tint at the edges`)
  }
  assert.ok(seen > 3, `only ${seen} tables`)
  await leave()
})

test('a crosstab on a phone has short names and leaves out of a row the columns of nothing, and says so', async () => {
  const { page, leave } = await visitor(chrome, sites.full, { width: 320, script: false, again: true })
  await page.goto(sites.full.at + '/figures?rows=reason&columns=provider')
  const cells = await page.locator('#crosstab tbody td[data-head]').evaluateAll((all) => all.map((one) => (
    { head: one.dataset.head, text: one.textContent.trim(), seen: one.checkVisibility(), wide: one.matches('.app-crosstab__wide') })))
    .then((all) => all.filter((one) => !one.wide))
  assert.ok(cells.some((one) => !one.seen), 'every hospital has every reason, so nothing was looked at')
  for (const { head, text, seen } of cells) {
    assert.doesNotMatch(head, /Trust$/)
    assert.equal(seen, text !== '0' || head === 'All', `${head}: ${text}`)
  }
  assert.ok(await page.locator('.app-crosstab__left').isVisible(), 'it is said that they are left out')
  await page.setViewportSize({ width: 1280, height: 720 })
  assert.ok(await page.locator('#crosstab .app-crosstab__nothing').first().isVisible(), 'a desk has all of it')
  await leave()
})

test('the address of a rule opens the part of the definitions that it is in, and paper has every part', async () => {
  for (const script of [true, false]) {
    const { page, wrong, leave } = await visitor(chrome, sites.full, { width: 320, script, again: true })
    await page.goto(sites.full.at + '/definitions')
    assert.ok(!await page.locator('#C5').isVisible(), 'the parts are closed')
    await page.locator('summary', { hasText: 'Counting rules' }).focus()
    await page.keyboard.press('Enter')
    assert.ok(await page.locator('#C5').isVisible(), 'Enter opens a part')
    await page.goto(sites.full.at + '/conventions')
    await page.goto(sites.full.at + '/definitions#C5')
    assert.ok(await page.locator('#C5').isVisible(), 'the address opens the part')
    assert.ok(await page.locator('#C5').evaluate((one) => {
      const { top } = one.getBoundingClientRect()
      return top >= 0 && top < innerHeight
    }), 'and is in sight')
    assert.ok(!await page.locator('#A5').isVisible())
    await sound(page, wrong, 'definitions')
    await page.emulateMedia({ media: 'print' })
    for (const part of ['#A5', '#M03', '.app-part h2 >> nth=4']) assert.ok(await page.locator(part).isVisible(), `${part} is printed`)
    await leave()
  }
})

test('a file goes up, gives a receipt, and changes nothing the second time', async () => {
  const { page, wrong, leave } = await visitor(chrome, sites.full, { script: false, as: 'analyst' })
  const files = folder()
  folders.push(files)
  const file = path.join(files.dir, 'nothing-known.csv')
  writeFileSync(file, 'one,two\n1,2\n')
  await page.goto(sites.full.at + '/extracts/upload')
  await page.getByRole('button', { name: 'Take in now' }).click()
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Select a file/)
  await page.setInputFiles('#file', file)
  await page.getByRole('button', { name: 'Take in now' }).click()
  await page.waitForURL(/\/extracts\/[0-9a-f]{64}$/)
  assert.match(await page.locator('main').innerText(), /could not be taken/)
  await sound(page, wrong, 'receipt')
  await leave()
})

test('a row that was put aside is corrected, looked at and taken in', async () => {
  const of = day(1)
  const head = 'Extract date,Provider,Site,Ward,Bed,Local patient ID,NHS number,Date of birth,Sex,Admission date,Discharge ready date,' +
    'Type of care,Reason for delay,Attributable to,Local authority,Pathway,Estimated discharge date,Comments\r\n'
  const row = (n, ready) => `${of},RZ1,RZ101,5A,5A-${n},L000${n},,1941-02-03,F,${day(30)},${ready},Acute,E,Social Care,E10000099,1,,\r\n`
  const files = folder()
  folders.push(files)
  const file = path.join(files.dir, `RZ1_${of}.csv`)
  writeFileSync(file, head + row(10, day(9)) + row(11, 'soon'))
  for (const [width, script] of [[1280, true], [320, false]]) {
    const { page, wrong, leave } = await visitor(chrome, sites.full, { width, height: 640, script, as: 'analyst' })
    await page.goto(sites.full.at + '/extracts/upload')
    await page.setInputFiles('#file', file)
    await page.getByRole('button', { name: 'Take in now' }).click()
    await page.waitForURL(/\/extracts\/[0-9a-f]{64}$/)
    await page.getByRole('link', { name: 'Correct the rows that were put aside' }).click()
    await sound(page, wrong, `rows put aside at ${width} px`)
    // On paper a row says whom it is about: its other cells are open.
    await page.emulateMedia({ media: 'print' })
    assert.ok(await page.getByLabel('Admission date').first().isVisible(), 'the other cells of a row are printed')
    await page.emulateMedia({ media: null })
    if (script) assert.deepEqual(await findings(page), [])
    await page.getByRole('button', { name: 'See what it would give' }).click()
    assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Change a cell/)
    wrong.length = 0 // The browser notes the answer 422.
    await page.getByLabel('Discharge ready date').first().fill(day(8))
    await page.getByLabel('How do you know?').fill('The ward was asked.')
    await page.getByRole('button', { name: 'See what it would give' }).click()
    await page.waitForURL(/\/extracts\/look\//)
    await sound(page, wrong, `the look at ${width} px`)
    assert.match(await page.locator('main').innerText(), /1 file would be|taken before/)
    await page.getByRole('button', { name: script ? 'Leave' : 'Take in' }).click()
    await page.waitForLoadState('load')
    await leave()
  }
})

test('a receipt of the grid opens, and passes axe', async () => {
  const { page, wrong, leave } = await visitor(chrome, sites.full)
  await page.goto(sites.full.at + '/extracts')
  await page.locator('#grid td a').first().click()
  assert.match(await page.locator('.app-lede').innerText(), /rows? read/)
  assert.deepEqual(await findings(page), [])
  await sound(page, wrong, 'receipt')
  await leave()
})

test('forced colours keep the drawing and its marks', async () => {
  const { page, wrong, leave } = await visitor(chrome, sites.full, { forcedColors: 'active' })
  await page.goto(sites.full.at + '/overview')
  const kept = await page.locator('.app-chart__plot svg').first().evaluate((svg) => getComputedStyle(svg).forcedColorAdjust)
  assert.equal(kept, 'none')
  const border = await page.locator('.app-swatch').first().evaluate((one) => getComputedStyle(one).borderStyle)
  assert.equal(border, 'solid')
  await sound(page, wrong, 'forced colours')
  await leave()
})

test('errors are pages too', async () => {
  for (const [target, status, heading] of [['/figures?grian=month', 400, 'This link is not quite right'],
    ['/nothing', 404, 'Page not found']]) {
    const { page, leave } = await visitor(chrome, sites.full, { again: true })
    const answer = await page.goto(sites.full.at + target)
    assert.equal(answer.status(), status)
    assert.equal(await page.locator('h1').innerText(), heading)
    assert.deepEqual(await findings(page), [], target)
    await leave()
  }
})

test('print shows the drawing, no buttons, and the foot that says where it is from', async () => {
  const { page, leave } = await visitor(chrome, sites.full, { again: true })
  await page.goto(sites.full.at + '/overview')
  await page.emulateMedia({ media: 'print' })
  assert.ok(await page.locator('.app-chart__plot svg').first().isVisible())
  for (const hidden of ['.nhsuk-header__navigation', '.app-filters', '.app-chart__reading', '.nhsuk-footer']) {
    assert.ok(!await page.locator(hidden).first().isVisible(), `${hidden} is printed`)
  }
  assert.match(await page.locator('.app-print-foot').innerText(), /Data as at .*rule set .*\/overview\?/)
  await page.emulateMedia({ media: null })
  await page.goto(sites.full.at + '/admin/jobs')
  const headings = () => page.locator('thead th:visible').allInnerTexts()
  assert.equal((await headings()).at(-1), 'Action')
  await page.emulateMedia({ media: 'print' })
  assert.equal((await headings()).at(-1), 'Next run', 'a column of buttons is printed without them')
  await leave()
})
