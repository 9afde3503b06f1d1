// Trends, reasons, flow and figures in a real browser: before the first
// extract and with half a year of them, by keyboard, without scripts, on a
// narrow screen and on paper; the chart that is read step by step is the chart
// of the table, and the picture that is saved is whole.
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { addPeople, browser, day, findings, folder, root, run, serve, sideways, signInAll, visitor } from './site.mjs'

let chrome, site, data, files, late

before(async () => {
  chrome = await browser()
  data = folder()
  files = folder()
  cpSync(path.join(root, 'data', 'examples', 'northshire'), data.dir, { recursive: true })
  const links = await addPeople(data.dir, ['analyst', 'viewer'])
  site = await serve('serve', '--data', data.dir)
  site.cookies = await signInAll(site.at, links)
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  data?.remove()
  files?.remove()
})

const visit = (options = {}) => visitor(chrome, site, { as: 'viewer', ...options })

async function sound (page, wrong, name) {
  assert.deepEqual(await sideways(page), [], `${name}: scrolls sideways`)
  assert.deepEqual(wrong, [], `${name}: something was refused or asked of another host`)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
  assert.match(await page.title(), / – Homeward$/, `${name}: its title`)
}

async function accessible (page, name) {
  assert.deepEqual(await findings(page), [], `${name}: axe`)
}

describe('before the first extract', () => {
  for (const target of ['/trends', '/reasons', '/flow', '/figures']) {
    test(target, async () => {
      for (const [width, script] of [[1280, true], [320, false]]) {
        const name = `${target} at ${width} px, empty`
        const { page, wrong, leave } = await visit({ width, script, again: true })
        assert.equal((await page.goto(site.at + target)).status(), 200, name)
        assert.match(await page.locator('main').innerText(), /No extracts are held yet/)
        await sound(page, wrong, name)
        if (script) await accessible(page, name)
        await leave()
      }
    })
  }
})

describe('with half a year', () => {
  before(async () => {
    await run('synth', '--out', files.dir, '--from', day(180), '--to', day(1), '--size', '40')
    // The first hospital sends nothing for three weeks, and one extract late.
    // The maker leaves a day out now and then, as hospitals do.
    for (let back = 110; back > 89; back--) rmSync(path.join(files.dir, 'extracts', `RZ1_${day(back)}.csv`), { force: true })
    // The late one is the newest that lists somebody for the last time: without it they
    // waited a day less. One after which all go on waiting may change no total.
    const dir = path.join(files.dir, 'extracts')
    const sent = readdirSync(dir).filter((name) => name.startsWith('RZ1_')).sort()
    const listed = sent.map((name) => readFileSync(path.join(dir, name), 'utf8').split('\n').slice(1).map((row) => row.split(',')[5]))
    const at = sent.findLastIndex((name, i) => name < `RZ1_${day(9)}` && !name.includes('_v2') &&
      listed[i].some((one) => listed[i - 1].includes(one) && !listed.slice(i + 1).flat().includes(one)))
    late = path.join(files.dir, sent[at])
    renameSync(path.join(dir, sent[at]), late)
    await run('ingest', '--data', data.dir, path.join(files.dir, 'extracts'))
  })

  const full = [
    '/trends', '/trends?measure=M03&grain=week', '/trends?split=provider&measure=M01', '/trends?chart=line&compare=last-year',
      '/trends?split=responsible&chart=line',
    '/reasons', '/flow', '/flow?split=responsible&grain=month', '/figures?by=month,reason'
  ]
  for (const target of full) {
    test(target, async () => {
      for (const [width, height, script] of [[1280, 720, true], [320, 640, false]]) {
        const name = `${target} at ${width} px, scripts ${script ? 'on' : 'off'}`
        const { page, wrong, leave } = await visit({ width, height, script, as: 'analyst', again: true })
        assert.equal((await page.goto(site.at + target)).status(), 200, name)
        await sound(page, wrong, name)
        if (width === 1280) await accessible(page, name)
        if (!script) {
          for (const plot of await page.locator('.app-chart__plot').all()) {
            assert.equal(await plot.locator('svg:visible').count(), 1, `${name}: a drawing`)
          }
          for (const part of ['.app-chart__reading', '.app-chart__picture']) {
            for (const one of await page.locator(part).all()) assert.ok(!await one.isVisible(), `${name}: ${part} without scripts`)
          }
        }
        // What the expanders hold must fit too.
        for (const details of await page.locator('main details').all()) await details.evaluate((one) => { one.open = true })
        await sound(page, wrong, `${name}, opened`)
        await leave()
      }
    })
  }

  test('without scripts the filters apply, a table opens and a note is put on the chart', async () => {
    const { page, wrong, leave } = await visit({ script: false, as: 'analyst' })
    await page.goto(site.at + '/trends')
    await page.locator('summary', { hasText: 'Change filters' }).click()
    await page.locator('#measure-M01').check()
    await page.locator('#grain-month').check()
    await page.getByRole('button', { name: 'Apply filters' }).click()
    assert.match(page.url(), /measure=M01/)
    assert.match(await page.locator('.app-showing').innerText(), /^Showing M01 delayed days, .* months from/)
    assert.ok(!await page.locator('#trend-table').isVisible())
    await page.locator('figure#trend .app-data summary').click()
    await page.getByRole('link', { name: 'Show as a table' }).click()
    assert.ok(await page.locator('#trend-table').isVisible(), 'the table of the chart is shown')
    assert.ok(await page.locator('#trend-table tbody tr').count() >= 6)
    await page.locator('summary', { hasText: 'Add a note' }).click()
    await page.locator('#note-words').fill('Home first team started')
    await page.getByRole('button', { name: 'Add note' }).click()
    assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Enter the day/)
    assert.equal(await page.locator('#note-words').inputValue(), 'Home first team started')
    assert.equal(wrong.splice(0).length, 1, 'the answer to a form that is not complete is a 400')
    await page.locator('#note-day').fill(day(60))
    await page.getByRole('button', { name: 'Add note' }).click()
    assert.match(await page.locator('.app-notes').innerText(), /Home first team started/)
    await sound(page, wrong, 'a note')
    await page.getByRole('button', { name: 'Withdraw note 1' }).click()
    assert.equal(await page.locator('.app-notes').count(), 0)
    await leave()
  })

  test('everything on a page takes the focus by keyboard, visibly and in order', async () => {
    for (const target of ['/trends', '/reasons', '/flow']) {
      const { page, leave } = await visit({ as: 'analyst' })
      await page.goto(site.at + target)
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
        assert.ok(now.marked, `${target}: no visible focus on ${now.what}`)
        assert.ok(now.inView, `${target}: the focus is out of view on ${now.what}`)
        seen.add(now.id)
      }
      assert.equal(seen.size, expected, `${target}: some of the page cannot be reached`)
      await leave()
    }
  })

  test('the chart that is read in the browser is the chart of the table', async () => {
    for (const target of ['/trends?measure=M01', '/trends?split=provider', '/trends?split=responsible&chart=line&grain=month', '/reasons',
      '/flow']) {
      const { page, wrong, leave } = await visit({ again: true })
      await page.goto(site.at + target)
      const figures = await page.locator('figure.app-chart').all()
      assert.ok(figures.length > 0)
      for (const figure of figures) {
        const name = `${target} ${await figure.getAttribute('id')}`
        const rows = await figure.locator('tbody tr').evaluateAll((all) =>
          all.map((row) => [...row.children].map((cell) => cell.textContent.trim())))
        const definition = await figure.locator('.app-chart__data').evaluate((e) => JSON.parse(e.textContent))
        assert.equal(definition.readings.length, rows.length, `${name}: a reading for each row`)
        await figure.locator('.app-data summary').click()
        await figure.getByRole('button', { name: 'Read value by value' }).click()
        await figure.getByRole('button', { name: 'Next reading' }).click()
        await figure.getByRole('button', { name: 'Previous reading' }).click()
        const reading = await figure.locator('output.app-chart__output').innerText()
        const row = rows.find(([head]) => reading.startsWith(`${head}:`))
        assert.ok(row, `${name}: "${reading}" is no row of the table`)
        for (const cell of row.slice(1).filter((c) => /\d/.test(c))) assert.ok(reading.includes(cell),
          `${name}: ${cell} is not in "${reading}"`)
        await figure.locator('.app-chart__live canvas').first().waitFor()
        // What ECharts holds is what the server drew, and every value of it
        // stands in the table, whose signs say who came and who went.
        const live = await figure.locator('.app-chart__live').evaluate(
          (e) => window.echarts.getInstanceByDom(e).getOption().series.map((s) => s.data))
        const series = [definition.option.series].flat()
        assert.deepEqual(live.map(numbers), series.map((s) => numbers(s.data)), `${name}: the live chart has other values`)
        const cells = rows.flatMap((r) => r.slice(1)).filter((c) => /^[+−]?[\d,.]+%?$/.test(c))
          .map((c) => ({ value: Number(c.replace(/[+−,%]/g, '')), about: c.endsWith('%') ? 0.51 : 0.051 }))
        for (const one of series.filter((s) => ['bar', 'line', 'scatter'].includes(s.type))) {
          for (const n of numbers(one.data)) assert.ok(cells.some((c) => Math.abs(c.value - Math.abs(n)) <= c.about),
            `${name}: ${n} of ${one.name} is not in the table`)
        }
      }
      await sound(page, wrong, target)
      await leave()
    }
  })

  test('a chart is saved as a picture of twice its size, with its words', async () => {
    for (const target of ['/trends', '/flow?split=responsible', '/reasons']) {
      const { page, wrong, leave } = await visit({ acceptDownloads: true, again: true })
      await page.goto(site.at + target)
      const figure = page.locator('figure.app-chart').first()
      const id = await figure.getAttribute('id')
      const [, , width, height] = (await figure.locator('.app-chart__still svg').getAttribute('viewBox')).split(' ').map(Number)
      await figure.locator('.app-data summary').click()
      const [download] = await Promise.all([page.waitForEvent('download'),
        figure.getByRole('button', { name: 'Save picture (PNG)' }).click()])
      assert.equal(download.suggestedFilename(), `homeward-${id}.png`)
      const png = readFileSync(await download.path())
      assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
      const [wide, high] = [png.readUInt32BE(16), png.readUInt32BE(20)]
      const font = width > 800 ? 16 : 14
      assert.equal(wide, Math.round(2 * (width + 2.8 * font)), `${target}: its width`)
      assert.ok(high > 2 * height + 8 * font, `${target}: ${high} px high has no room for words beside ${height}`)
      assert.equal(await figure.locator('.app-chart__picture output').innerText(), 'Picture saved')
      // The title, the drawing and the source are there: dark marks in each part.
      const ink = await page.evaluate(async (src) => {
        const image = new Image()
        image.src = src
        await image.decode()
        const canvas = document.createElement('canvas')
        canvas.width = image.width
        canvas.height = image.height
        const pen = canvas.getContext('2d')
        pen.drawImage(image, 0, 0)
        const dark = (top, bottom) => {
          const { data: dots } = pen.getImageData(0, top, image.width, bottom - top)
          let n = 0
          for (let i = 0; i < dots.length; i += 4) if (dots[i] + dots[i + 1] + dots[i + 2] < 240) n++
          return n
        }
        const tenth = Math.floor(image.height / 10)
        return { title: dark(0, tenth), drawing: dark(3 * tenth, 7 * tenth), source: dark(image.height - tenth, image.height),
          corner: [...pen.getImageData(2, 2, 1, 1).data] }
      }, 'data:image/png;base64,' + png.toString('base64'))
      assert.ok(ink.title > 500 && ink.drawing > 500 && ink.source > 200, `${target}: ${JSON.stringify(ink)}`)
      assert.deepEqual(ink.corner, [255, 255, 255, 255])
      assert.deepEqual(wrong, [], target)
      await leave()
    }
  })

  test('the frame of a chart: most of the card is plot, drawn at the width at which it is shown, its newest in sight', async () => {
    // Parts of a change (.app-moved) are as tall as they are many, beside their own table.
    const targets = ['/council', '/overview', '/trends', '/trends?split=provider',
      '/trends?chart=line&split=responsible', '/reasons', '/flow']
    for (const [width, least] of [[1280, 0.7], [390, 0.6]]) {
      for (const target of targets) {
        const { page, wrong, leave } = await visit({ width, height: 720, again: true })
        await page.goto(site.at + target)
        for (const details of await page.locator('main details:has(figure)').all()) await details.evaluate((one) => { one.open = true })
        const cards = await page.locator('figure.app-chart:not(.app-moved)').evaluateAll((all) => all.map((figure) => {
          const [svg, ...more] = [...figure.querySelectorAll('.app-chart__plot svg')].filter((one) => one.checkVisibility())
          const plot = svg.getBoundingClientRect()
          const card = figure.getBoundingClientRect()
          const scale = plot.width / svg.viewBox.baseVal.width
          const letters = [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale)
          const scroll = figure.querySelector('.app-chart__scroll')
          const menus = figure.querySelectorAll('.app-data').length
          return { id: figure.id, more: more.length, menus, card: card.height, ratio: plot.height / card.height, scale,
            letter: Math.min(...letters), over: scroll.scrollWidth - scroll.clientWidth }
        }))
        assert.ok(cards.length > 0, target)
        for (const one of cards) {
          const name = `${target} at ${width} px: ${JSON.stringify(one)}`
          assert.equal(one.more, 0, `two drawings, ${name}`)
          assert.equal(one.menus, 1, `one Data menu, ${name}`)
          assert.ok(one.ratio >= least, `plot to card, ${name}`)
          assert.ok(one.card <= 500.5 || width < 1280, `height of the card, ${name}`)
          assert.ok(one.scale >= 0.95 && one.scale <= 1.05, `scale, ${name}`)
          assert.ok(one.letter >= 12.8, `letters, ${name}`)
          assert.ok(one.over <= 0, `the plot scrolls, ${name}`)
        }
        if (width === 390 && target === '/overview') {
          await page.getByRole('link', { name: /^All \d+ months$/ }).first().click()
          assert.ok(await page.locator('#delayed-days-table').isVisible(), 'all months are in the table')
        }
        await sound(page, wrong, `${target} at ${width} px`)
        await leave()
      }
    }
  })

  test('the reasons are read on a few screens, without scripts', async () => {
    for (const [width, most] of [[1280, 2700], [390, 4500]]) {
      const { page, wrong, leave } = await visit({ width, height: 720, script: false, again: true })
      await page.goto(site.at + '/reasons')
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      assert.ok(height <= most, `the page is ${height} px tall at ${width} px`)
      await page.locator('#what-next summary').click()
      assert.ok(await page.locator('#next-table').isVisible(), 'what came next opens')
      await sound(page, wrong, `/reasons at ${width} px`)
      await leave()
    }
  })

  test('on paper: charts and tables, no buttons, A4, and the foot that says where it is from', async () => {
    for (const target of ['/trends', '/reasons?view=print', '/flow?view=print', '/figures?by=month,reason']) {
      const { page, wrong, leave } = await visit({ again: true })
      await page.goto(site.at + target)
      const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true })
      assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
      for (const one of pdf.toString('latin1').match(/\/MediaBox \[[^\]]*\]/g)) {
        const [, , width, height] = one.match(/[\d.]+/g).map(Number)
        assert.ok(Math.abs(Math.min(width, height) - 595) < 2 && Math.abs(Math.max(width, height) - 842) < 2, `${target}: ${one} is not A4`)
      }
      await page.emulateMedia({ media: 'print' })
      // A sheet upright is 186 mm wide between its margins.
      await page.setViewportSize({ width: 703, height: 1030 })
      for (const hidden of ['.nhsuk-header__navigation', '.app-filters', '.app-chart__reading', '.app-data',
        '.app-about button', '.nhsuk-footer']) {
        for (const one of await page.locator(hidden).all()) assert.ok(!await one.isVisible(), `${target}: ${hidden} is printed`)
      }
      for (const svg of await page.locator('.app-chart__still svg').all()) assert.ok(await svg.isVisible(),
        `${target}: a drawing is not printed`)
      const over = await page.evaluate(() => [...document.querySelectorAll('main table, main svg')].filter((e) => e.checkVisibility() &&
        e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.id || e.getAttribute('aria-label')))
      assert.deepEqual(over, [], `${target}: runs over the edge of the sheet`)
      if (target.includes('view=print')) {
        for (const table of await page.locator('.app-chart table').all()) assert.ok(await table.isVisible(), `${target}: a table is closed`)
      }
      assert.match(await page.locator('.app-print-foot').innerText(), /Data as at .*rule set/)
      assert.deepEqual(wrong, [], target)
      await leave()
    }
  })

  test('a fixed link shows the same after a late extract, and what has changed since', async () => {
    const links = []
    for (const target of ['/trends?measure=M01', '/reasons', '/flow', '/figures']) {
      const { page, leave } = await visit({ again: true })
      await page.goto(site.at + target)
      links.push({ target, fixed: await page.locator('#fixed-link').getAttribute('href'), shown: await shown(page) })
      await leave()
    }
    await run('ingest', '--data', data.dir, late)
    for (const { target, fixed, shown: was } of links) {
      const { page, wrong, leave } = await visit({ width: 320, again: true })
      assert.equal((await page.goto(site.at + fixed)).status(), 200, fixed)
      assert.match(await page.locator('.app-datebar').innerText(), /^As known at /)
      assert.equal(await shown(page), was, `${target}: its fixed link shows something else`)
      if (target !== '/figures') assert.match(await page.locator('.app-differences').innerText(), /extracts that arrived later: /, target)
      if (target.startsWith('/trends')) await accessible(page, fixed)
      await sound(page, wrong, fixed)
      await page.locator('.app-datebar a', { hasText: 'Show latest' }).click()
      assert.doesNotMatch(await page.locator('.app-datebar').innerText(), /As known/)
      await leave()
    }
  })
})

// What a reader takes from a page: titles, alt texts and tables.
function shown (page) {
  return page.evaluate(() => [...document.querySelectorAll('main h1, main h3, main svg[role=img], main table:not(#differences)')]
    .map((e) => e.getAttribute('aria-label') ?? e.textContent.replace(/\s+/g, ' ')).join('\n'))
}

// The values of a series, whatever form its items have: positions in time are
// not among them.
function numbers (items) {
  return (items ?? []).map((item) => {
    const value = item !== null && typeof item === 'object' && !Array.isArray(item) ? item.value : item
    return Number(Array.isArray(value) ? value.at(-1) : value)
  }).filter((n) => Number.isFinite(n))
}
