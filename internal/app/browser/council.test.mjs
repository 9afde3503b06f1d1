// The council's page: what a director opens and prints.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { browser, findings, northshire, sideways, staffed, visitor } from './site.mjs'

let chrome, site
const folders = []
const page0 = '/council/E10000099'

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(75, 60)
  folders.push(data, files)
  site = await staffed(data.dir, ['director'])
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

function director (options = {}) {
  return visitor(chrome, site, { as: 'director', ...options })
}

describe('on paper', () => {
  for (const query of ['', '?view=print', '?split=reason']) {
    test(`two sheets of A4, upright: ${query || 'as it opens'}`, async () => {
      const { page, wrong, leave } = await director({ again: true })
      await page.goto(site.at + page0 + query)
      assert.ok(await page.locator('#by-provider tbody tr').count() >= 3, 'three hospitals')
      assert.ok(await page.locator('#by-reason tbody tr').count() >= 10, 'ten reasons')
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
      const sheets = pdf.match(/\/MediaBox \[[^\]]*\]/g)
      assert.equal(sheets.length, 2)
      for (const one of sheets) {
        const [, , width, height] = one.match(/[\d.]+/g).map(Number)
        assert.ok(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, `${one} is not A4, upright`)
      }
      await page.emulateMedia({ media: 'print' })
      for (const there of ['.app-lede', '#figures', '#council-share svg', '#by-provider', '#by-reason', '#moved', '#unsettled',
        '.nhsuk-inset-text', '.app-print-foot']) {
        assert.ok(await page.locator(there).first().isVisible(), `${there} is not on paper`)
      }
      // Nothing runs over the edge of the sheet, which is 186 mm wide.
      await page.setViewportSize({ width: 703, height: 1030 })
      const wide = await page.evaluate(() => [...document.querySelectorAll('.app-council table')].filter((t) => t.checkVisibility() &&
        t.scrollWidth > t.parentElement.clientWidth + 6).map((t) => t.id))
      assert.deepEqual(wide, [])
      assert.deepEqual(wrong, [])
      await leave()
    })
  }
})

describe('the first screen', () => {
  test('answers, and the whole page is at most 2,500 px tall', async () => {
    const { page, wrong, leave } = await director({ again: true })
    await page.goto(site.at + page0)
    for (const part of ['.app-answer__value', '.app-answer__bar--wide', '#change', '#waits']) {
      const box = await page.locator(part).boundingBox()
      assert.ok(box && box.y + box.height <= 720, `${part} is not on the first screen: ${JSON.stringify(box)}`)
    }
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    assert.ok(height <= 2500, `the page is ${height} px tall`)
    assert.deepEqual(wrong, [])
    await leave()
  })
})

async function accessible (page, name) {
  assert.deepEqual(await findings(page), [], `${name}: axe`)
}

async function fits (page, name) {
  assert.deepEqual(await sideways(page), [], `${name}: scrolls sideways`)
}

// Goes on by Tab until what the selector names has the focus.
async function tabTo (page, selector) {
  for (let i = 0; i < 250; i++) {
    await page.keyboard.press('Tab')
    const here = await page.evaluate((one) => {
      const e = document.activeElement
      return e?.matches(one) ? { text: e.textContent.trim(), seen: e.checkVisibility() } : null
    }, selector)
    if (here) {
      assert.ok(here.seen, `${selector} has the focus and cannot be seen`)
      return here.text
    }
  }
  assert.fail(`the keyboard does not reach ${selector}`)
}

describe('from a hospital\'s cell to the receipt (J7)', () => {
  for (const [width, script] of [[1280, true], [1280, false], [320, false]]) {
    test(`by keyboard alone at ${width} px, scripts ${script ? 'on' : 'off'}`, async () => {
      const { page, wrong, leave } = await director({ width, height: 720, script })
      await page.goto(site.at + page0)
      await fits(page, 'the council')
      if (script) await accessible(page, 'the council')
      const figure = await tabTo(page, '#by-provider tbody td a')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/days\?/)
      const lede = await page.locator('.app-lede').innerText()
      assert.ok(lede.startsWith(`${figure} delayed day`), `${figure} opens "${lede}"`)
      assert.ok(lede.includes(`${figure} day`) && lede.includes('that you can see'), lede)
      await fits(page, 'the rows')
      const tallest = await page.locator('#days tbody tr').evaluateAll((all) => Math.max(...all.map((row) => row.offsetHeight)))
      assert.ok(tallest <= (width === 320 ? 340 : 220), `a row is ${tallest} px tall`)
      if (script) await accessible(page, 'the rows')
      const reference = await tabTo(page, 'main a[href^="/delays/HW-"]')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/delays\/HW-/)
      assert.ok((await page.locator('main').innerText()).includes(reference))
      await fits(page, 'the record')
      if (script) await accessible(page, 'the record')
      await tabTo(page, 'main a[href*="/periods/"]')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/periods\/\d+/)
      assert.match(await page.locator('main').innerText(), /Rule/)
      await fits(page, 'the receipt')
      if (script) await accessible(page, 'the receipt')
      assert.deepEqual(wrong, [])
      await leave()
    })
  }

  test('the parts of the change are chosen without scripts, and add up', async () => {
    const { page, wrong, leave } = await director({ script: false })
    await page.goto(site.at + page0)
    for (const split of ['Reason', 'Type of care', 'New or continuing delays', 'Hospital']) {
      await page.getByRole('list', { name: 'Split by' }).getByRole('link', { name: split }).click()
      await page.waitForURL(/#moved$/)
      await page.locator('.app-moved .app-data summary').click()
      await page.locator('.app-moved').getByRole('link', { name: 'Show as a table' }).click()
      const points = await page.locator('#moved-table tr td:last-child').allInnerTexts()
      const tenths = points.map((text) => Number(text.replace('−', '-').replace('.', '').replace('+', '')))
      const all = tenths.pop()
      assert.equal(tenths.reduce((a, b) => a + b, 0), all, `${split}: ${points}`)
      const bars = await page.locator('#moved-share svg').first().textContent()
      for (const text of points.slice(0, -1)) assert.ok(bars.includes(text), `${split}: ${text} is not on the bars`)
      await fits(page, split)
    }
    assert.deepEqual(wrong, [])
    await leave()
  })

  test('at 320 px with everything open, axe finds nothing', async () => {
    const { page, wrong, leave } = await director({ width: 320, height: 640 })
    await page.goto(site.at + page0 + '?split=reason')
    for (const details of await page.locator('details').all()) await details.evaluate((one) => { one.open = true })
    await fits(page, 'the council, opened')
    await accessible(page, 'the council, opened')
    assert.deepEqual(wrong, [])
    await leave()
  })
})
