// What charts and slides look like: letters of a projector's size that pass no
// edge, blocks told apart without colour and in a bright room, forced colours,
// and no motion. Set LOOK_PICTURES to a folder to keep pictures to judge by eye.
import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { browser, emailOf, northshire, post, run, serve, signInAll, visitor } from './site.mjs'

const pictures = process.env.LOOK_PICTURES
const slides = [1, 2, 3, 4, 5, 6, 7, 8, 9]
const projectors = [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }]

let chrome, site, call
const folders = []

before(async () => {
  chrome = await browser()
  const { data, files } = await northshire(130, 40)
  folders.push(data, files)
  appendFileSync(path.join(data.dir, 'partnership.yaml'), '\nsign_in:\n  require_second_factor: false\n')
  const said = await run('user', 'add', emailOf('presenter'), '--data', data.dir, '--role', 'presenter', '--name', 'A. presenter')
  site = await serve('serve', '--data', data.dir)
  site.cookies = await signInAll(site.at, { presenter: said.match(/\/choose-password\/\S+/)[0] })
  const started = await post(site.at, '/call', {}, site.cookies.presenter)
  assert.equal(started.status, 303, 'the call did not start')
  call = new URL(started.headers.get('location'), site.at).pathname.replace(/\/\d$/, '')
  if (pictures) mkdirSync(pictures, { recursive: true })
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

const visit = (options = {}) => visitor(chrome, site, { as: 'presenter', ...options })

async function keep (page, name, options) {
  if (pictures) await page.screenshot({ path: path.join(pictures, name + '.png'), ...options })
}

// The pixels of what a visitor sees, read on a page of its own: the site's
// policy lets no script of ours in.
async function pixels (page) {
  const picture = (await page.screenshot()).toString('base64')
  const context = await chrome.newContext()
  try {
    const reader = await context.newPage()
    const { width, data } = await reader.evaluate(async (png) => {
      const image = new Image()
      image.src = 'data:image/png;base64,' + png
      await image.decode()
      const canvas = new OffscreenCanvas(image.width, image.height)
      const draw = canvas.getContext('2d')
      draw.drawImage(image, 0, 0)
      // Bytes as text cross to the test many times faster than an array.
      const bytes = draw.getImageData(0, 0, image.width, image.height).data
      let text = ''
      for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768))
      return { width: image.width, data: btoa(text) }
    }, picture)
    const bytes = Buffer.from(data, 'base64')
    return (x, y) => {
      const at = (Math.round(y) * width + Math.round(x)) * 4
      return [bytes[at], bytes[at + 1], bytes[at + 2]]
    }
  } finally {
    await context.close()
  }
}

// Relative luminance, and the ratio of two, as WCAG 2.2 has them.
function luminance (rgb) {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function ratio (a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

// A picture at 0.6 of its contrast, as on a wall in a bright room.
const faint = (rgb) => rgb.map((v) => 127.5 + (v - 127.5) * 0.6)

function span (from, to) {
  return Array.from({ length: Math.max(0, Math.ceil(to) - Math.floor(from) + 1) }, (_, i) => Math.floor(from) + i)
}

async function grey (context, page) {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' })
}

// The blocks of the bar on the wall, from left to right.
function parts (page) {
  return page.locator('.app-poster__block').evaluateAll((all) => all.map((one) => {
    const { left, right, bottom } = one.getBoundingClientRect()
    // Below the words that stand on a block.
    return { body: one.getAttribute('class').split('--')[1], left, right, middle: bottom - 12 }
  }))
}

// What is not attributed is dark lines on white.
function hatched (at, { left, right, middle }) {
  const row = span(left + 3, right - 3).map((x) => luminance(at(x, middle)))
  assert.ok(Math.max(...row) > 0.7 && Math.min(...row) < 0.25, `no hatch in ${row}`)
}

describe('on the wall', () => {
  for (const size of projectors) {
    test(`letters are a projector's and nothing passes an edge at ${size.width} by ${size.height}`, async () => {
      const { page, wrong, leave } = await visit(size)
      const u = size.width / 100
      const expected = 1.95 * u
      for (const theme of ['', '?theme=dark']) {
        for (const n of slides) {
          await page.goto(`${site.at}${call}/${n}${theme}`)
          await keep(page, `slide-${n}${theme ? '-dark' : ''}-${size.height}`)
          const found = await page.evaluate(() => {
            const px = (one) => parseFloat(getComputedStyle(one).fontSize)
            const shown = (one) => one.checkVisibility() && one.getClientRects().length > 0 && one.getBoundingClientRect().width > 1
            const said = [...document.querySelectorAll('body *')].filter((one) => !one.closest('svg') && shown(one) &&
              [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim()))
            const inside = [...document.querySelectorAll('main .app-poster__svg text, main .app-poster .app-call__plot svg text')]
              .map((one) => px(one) * one.getScreenCTM().a)
            const slide = document.querySelector('main')
            const past = said.filter((one) => {
              const box = one.getBoundingClientRect()
              return box.right > innerWidth + 1 || box.left < -1 || box.bottom > innerHeight + 1
            })
            return {
              body: px(document.body),
              title: px(document.querySelector('h1')),
              figure: [...document.querySelectorAll('.app-poster__hero')].map((one) => px(one) * one.getScreenCTM().a),
              small: said.filter((one) => px(one) < (one.closest('.app-wall__bar') ? 0.64 : 0.82) * px(document.body) - 0.1)
                .map((one) => one.textContent.trim()),
              inside: inside.length ? Math.min(...inside) : null,
              over: [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight,
                slide.scrollHeight - slide.clientHeight, slide.scrollWidth - slide.clientWidth],
              past: past.map((one) => one.textContent.trim()),
              foot: [...document.querySelectorAll('.app-wall__held, .app-wall__place, .app-wall__place strong, .app-wall__nav')]
                .map((one) => px(one)),
              rows: Math.max(0, ...[...document.querySelectorAll('main tbody, main .app-board__rows')].filter(shown)
                .map((one) => one.children.length)),
              lines: [...document.querySelectorAll('main .app-call__line, main .app-call__says, main .app-call__note')].filter(shown).length
            }
          })
          const name = `slide ${n}${theme} at ${size.width}`
          assert.ok(Math.abs(found.body - expected) < 0.1, `${name}: text of ${found.body} px, expected ${expected}`)
          assert.ok(Math.abs(found.title - 3.1 * u) < 0.1, `${name}: a title of ${found.title} px`)
          for (const one of found.figure) assert.ok(one >= 22 * u, `${name}: a key number of ${one} px`)
          assert.deepEqual(found.small, [], `${name}: small letters`)
          if (found.inside) assert.ok(found.inside >= 1.845 * u, `${name}: letters in the chart of ${found.inside} px`)
          assert.ok(found.over.every((by) => by <= 0), `${name}: passes an edge by ${found.over}`)
          assert.deepEqual(found.past, [], `${name}: words past an edge`)
          // The number of the slide and what stands beside it are of one size.
          assert.equal(found.foot.length, 4, `${name}: ${found.foot.length} parts of the foot`)
          for (const one of found.foot) assert.ok(Math.abs(one - 1.25 * u) < 0.1, `${name}: a foot of ${one} px`)
          assert.ok(found.rows <= 8, `${name}: ${found.rows} rows`)
          assert.ok(found.lines <= 3, `${name}: ${found.lines} lines of text`)
        }
      }
      assert.deepEqual(wrong, [])
      await leave()
    })
  }

  test('blocks are told apart without colour and at 0.6 of the contrast, light and dark', async () => {
    const { context, page } = await visit()
    await grey(context, page)
    for (const theme of ['', '?theme=dark']) {
      await page.goto(`${site.at}${call}/4${theme}`)
      const at = await pixels(page)
      await keep(page, `grey-4${theme ? '-dark' : ''}`)
      const all = await parts(page)
      assert.ok(all.length >= 3, `${all.length} blocks`)
      for (const [i, one] of all.entries()) {
        const next = all[i + 1]
        if (one.body === 'none' && one.right - one.left > 12) hatched(at, one)
        if (!next) continue
        // The gap: two pixels of the ground in all, between two outlines.
        const ground = luminance(at(4, one.middle))
        const gap = span(one.right - 2, next.left + 2).map((x) => at(x, one.middle))
        const light = gap.map(luminance)
        const outline = theme ? Math.max(...light) : Math.min(...light)
        const wide = light.slice(1, -1).reduce((sum, l) => sum + Math.max(0, (l - outline) / (ground - outline)), 0)
        assert.ok(wide >= 2, `${wide} pixels between ${one.body} and ${next.body}: ${JSON.stringify(gap)}`)
        const edge = gap.map(faint)
        const lightest = edge.toSorted((a, b) => luminance(b) - luminance(a))
        assert.ok(ratio(lightest[0], lightest.at(-1)) > 3, `${one.body} and ${next.body} run together in a bright room`)
      }
      // The name of every block stands on it or below the bar, in the order of all.
      const words = await page.locator('.app-poster__svg text').allTextContents()
      // A month in which every day is attributed has no block of the others.
      const blocks = all.map((one) => one.body)
      const named = ['Social care', 'NHS', 'Joint', ...(blocks.includes('none') ? ['Not attributed'] : [])]
      const order = words.flatMap((one) => one.split(', ')).map((one) => named.find((name) => new RegExp(`^${name} \\d`).test(one)))
      assert.deepEqual(order.filter(Boolean), named, `the words are ${words}`)
    }
    await page.goto(`${site.at}${call}/3?theme=dark`)
    await keep(page, 'grey-3-dark')
    const words = await page.locator('.app-poster .app-call__plot svg text').evaluateAll(
      (all) => all.map((one) => getComputedStyle(one).fill.match(/\d+/g).map(Number)))
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number))
    for (const rgb of words) assert.ok(ratio(faint(rgb), faint(ground)) >= 4.5, `words of ${rgb} on ${ground}`)
    await context.close()
  })
})

describe('on a page', () => {
  test('stacked bars keep a white gap between blocks without colour', async () => {
    const { context, page } = await visit()
    await grey(context, page)
    await page.goto(site.at + '/charts/delayed-days')
    const plot = page.locator('.app-chart__plot svg').first()
    await plot.scrollIntoViewIfNeeded()
    await keep(page, 'grey-delayed-days')
    const [lower, upper] = await plot.evaluate((svg) => {
      const blocks = (fill) => [...svg.querySelectorAll(`path[fill="${fill}"]`)].map((one) => one.getBoundingClientRect())
        .filter((box) => box.height > 8)
      const [first] = blocks('#F46A25')
      const above = blocks('#12436D').find((box) => Math.abs(box.left - first.left) < 2 && box.bottom <= first.top + 4)
      return [first, above].map(({ left, right, top, bottom }) => ({ left, right, top, bottom }))
    })
    const at = await pixels(page)
    const column = span(upper.bottom - 5, lower.top + 5).map((y) => luminance(at((lower.left + lower.right) / 2, y)))
    assert.ok(column.filter((l) => l > 0.85).length >= 1 && column.some((l) => l < 0.2), `no gap in ${column}`)
    await context.close()
  })

  test('charts keep their colours in forced colours; what colour fills has a border; focus shows', async () => {
    const { page, leave } = await visit({ forcedColors: 'active' })
    await page.goto(site.at + '/charts/delayed-days')
    await keep(page, 'forced-chart')
    const chart = await page.evaluate(() => {
      const svg = document.querySelector('.app-chart__plot svg')
      const style = getComputedStyle(svg)
      return {
        adjust: style.forcedColorAdjust,
        border: style.borderTopStyle,
        ground: style.backgroundColor,
        fill: getComputedStyle(svg.querySelector('path[fill="#F46A25"]')).fill
      }
    })
    assert.deepEqual(chart, { adjust: 'none', border: 'solid', ground: 'rgb(255, 255, 255)', fill: 'rgb(244, 106, 37)' })
    const bare = () => page.locator('.nhsuk-tag, .app-swatch').evaluateAll((all) => all.filter((one) => {
      const style = getComputedStyle(one)
      return one.checkVisibility() && (style.borderTopStyle === 'none' || parseFloat(style.borderTopWidth) < 1)
    }).map((one) => one.outerHTML))
    for (const target of ['/overview', '/extracts', '/reasons']) {
      await page.goto(site.at + target)
      assert.deepEqual(await bare(), [], `${target}: no border`)
    }
    // What is chosen is filled with colour, so without it its edge must tell.
    await page.goto(site.at + '/figures')
    const edge = (chip) => page.locator(chip).first().evaluate((one) => parseFloat(getComputedStyle(one).borderTopWidth))
    assert.ok(await edge('.app-pairs__pair--current') > await edge('.app-pairs__pair:not(.app-pairs__pair--current)'), 'the chosen columns')
    await page.goto(site.at + '/reasons')
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab')
      const focus = await page.evaluate(() => {
        const one = document.activeElement
        const style = getComputedStyle(one)
        return one === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) ? ''
          : one.outerHTML.slice(0, 200)
      })
      assert.equal(focus, '', 'focus does not show')
    }
    for (const theme of ['', '?theme=dark']) {
      await page.goto(`${site.at}${call}/3${theme}`)
      await keep(page, `forced-3${theme ? '-dark' : ''}`)
      const wall = await page.evaluate(() => {
        const plot = getComputedStyle(document.querySelector('.app-poster .app-call__plot'))
        const words = [...document.querySelectorAll('.app-poster .app-call__plot svg text')].map((one) => getComputedStyle(one).fill)
        return { ground: plot.backgroundColor, border: plot.borderTopStyle, words: [...new Set(words)] }
      })
      assert.equal(wall.ground, 'rgb(255, 255, 255)')
      assert.equal(wall.border, 'solid')
      assert.ok(wall.words.includes('rgb(33, 43, 50)'), `words of ${wall.words}`)
      await page.goto(`${site.at}${call}/4${theme}`)
      await keep(page, `forced-4${theme ? '-dark' : ''}`)
      assert.equal(await page.locator('.app-poster__block--nhs').evaluate((one) => getComputedStyle(one).fill), 'rgb(18, 67, 109)')
      assert.deepEqual(await bare(), [])
    }
    await leave()
  })

  test('nothing moves', async () => {
    for (const reducedMotion of ['reduce', 'no-preference']) {
      const { page, leave } = await visit({ reducedMotion })
      for (const target of ['/overview', '/trends', call + '/3']) {
        await page.goto(site.at + target)
        const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => {
          const style = getComputedStyle(one)
          const long = (times) => times.split(',').some((time) => parseFloat(time) > 0)
          return (style.animationName !== 'none' && long(style.animationDuration)) || long(style.transitionDuration)
        }).map((one) => one.outerHTML.slice(0, 120)))
        assert.deepEqual(moving, [], `${target} with motion ${reducedMotion}`)
        assert.equal(await page.evaluate(() => document.getAnimations().length +
          document.querySelectorAll('animate, marquee, meta[http-equiv=refresh]').length), 0)
      }
      await leave()
    }
  })
})
