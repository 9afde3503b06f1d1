// The council's page: what a director opens and prints.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { browser, folder, root, run, staffed, visitor } from './site.mjs'

function day (back) {
  return new Date(Date.now() - back * 86400000).toISOString().slice(0, 10)
}

let chrome, site
const folders = []
const page0 = '/council/E10000099'

before(async () => {
  chrome = await browser()
  const data = folder()
  const files = folder()
  folders.push(data, files)
  cpSync(path.join(root, 'data', 'examples', 'northshire'), data.dir, { recursive: true })
  await run('synth', '--out', files.dir, '--from', day(75), '--to', day(1), '--size', '60')
  await run('ingest', '--data', data.dir, path.join(files.dir, 'extracts'))
  site = await staffed(data.dir)
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
      const { context, page, wrong } = await director()
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
      for (const there of ['.app-lede', '#figures', '#council-share svg', '#by-provider', '#by-reason', '#moved', '#unsettled', '.nhsuk-inset-text', '.app-print-foot']) {
        assert.ok(await page.locator(there).first().isVisible(), `${there} is not on paper`)
      }
      // Nothing runs over the edge of the sheet, which is 186 mm wide.
      await page.setViewportSize({ width: 703, height: 1030 })
      const wide = await page.evaluate(() => [...document.querySelectorAll('.app-council table')].filter((t) => t.checkVisibility() && t.scrollWidth > t.parentElement.clientWidth + 6).map((t) => t.id))
      assert.deepEqual(wide, [])
      assert.deepEqual(wrong, [])
      await context.close()
    })
  }
})
