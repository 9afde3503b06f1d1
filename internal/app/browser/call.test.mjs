// The weekly call on the projector: by keyboard and clicker at 1280 by 720, with
// scripts and without, light and dark, printed, and with nothing that names a
// person in anything that the server sends.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { browser, day, findings, folder, northshire, post, run, staffed, visitor } from './site.mjs'

// Set to a folder, this keeps a picture of every slide to be looked at.
const pictures = process.env.CALL_PICTURES

// Words that only the rows about people hold: NHS numbers with and without
// spaces, hospital numbers, wards and beds.
function secrets (extracts) {
  const found = new Set()
  for (const name of readdirSync(extracts)) {
    const text = /\.(csv|txt)$/.test(name) ? readFileSync(path.join(extracts, name), 'utf8') : ''
    for (const m of text.matchAll(/\b(\d{3} ?\d{3} ?\d{4}|[NW]G?\d{6}|\d[A-Z]-\d\d|Quay|Lighthouse)\b/g)) found.add(m[1])
  }
  return [...found]
}

let chrome, site, data, files, hidden
const folders = []

before(async () => {
  chrome = await browser()
  const made = await northshire(120, 60)
  data = made.data
  files = made.files
  folders.push(data, files)
  hidden = secrets(path.join(files.dir, 'extracts'))
  assert.ok(hidden.length > 500, `only ${hidden.length} words to look for`)
  site = await staffed(data.dir, ['administrator', 'presenter'])
  if (pictures) mkdirSync(pictures, { recursive: true })
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

function presenter (options = {}) {
  return visitor(chrome, site, { as: 'presenter', ...options })
}

// Gathers all that the server sends, and looks for what must not be in it.
function listen (page) {
  const bodies = []
  page.on('response', (answer) => {
    if (!answer.url().includes('/static/')) bodies.push(answer.body().then((b) => [answer.url(), b.toString()], () => [answer.url(), '']))
  })
  return async () => {
    const all = await Promise.all(bodies)
    assert.ok(all.length > 5, 'nothing was listened to')
    for (const [url, body] of all) {
      const found = hidden.filter((word) => body.includes(word))
      assert.equal(found.length, 0, `${url} holds ${found.length} words about people`)
    }
  }
}

// The measures of a poster: u is one hundredth of the wall's width.
async function poster (page, name) {
  await page.evaluate(() => document.fonts.ready)
  const found = await page.evaluate(() => {
    const u = Math.min(innerWidth / 100, innerHeight / 56.25)
    const size = (one) => parseFloat(getComputedStyle(one).fontSize) / u
    const title = document.querySelector('h1')
    const words = document.createRange()
    words.selectNodeContents(title)
    const body = document.querySelector('main .app-poster, main .app-board, main .app-call__only')
    const inside = [...document.querySelectorAll('main .app-poster__svg text, main .app-poster .app-call__plot svg text')].map((one) => ({
      size: size(one) * one.getScreenCTM().a,
      box: one.getBoundingClientRect(),
      words: one.textContent,
      hero: one.matches('.app-poster__hero')
    }))
    const drawing = document.querySelector('main .app-poster__svg, main .app-poster .app-call__plot svg')?.getBoundingClientRect()
    const strokes = [...document.querySelectorAll('main .app-poster__svg :is(rect, line)')]
      .filter((one) => !one.closest('defs') && getComputedStyle(one).stroke !== 'none')
      .map((one) => parseFloat(getComputedStyle(one).strokeWidth) * one.getScreenCTM().a * 12.8 / u)
    return {
      title: size(title),
      lines: title.getBoundingClientRect().height / (size(title) * u) / 1.15,
      length: title.textContent.length,
      wide: words.getBoundingClientRect().width / u,
      // A slide that has one sentence to say has nothing to draw.
      fill: body.matches('.app-call__only') && !body.querySelector('table, svg') ? 1 : body.getBoundingClientRect().height / (56.25 * u),
      small: inside.filter((one) => one.size < 1.845).map((one) => one.words),
      // A hero's box is higher and wider than its digits.
      past: inside.filter((one) => one.box.right > drawing.right + 3 || one.box.bottom > drawing.bottom + 3 ||
        (!one.hero && (one.box.left < drawing.left - 3 || one.box.top < drawing.top - 0.5 * u))).map((one) => one.words),
      hair: strokes.filter((one) => one < 1.95).length,
      hero: [...document.querySelectorAll('.app-poster__hero')].map((one) => size(one) * one.getScreenCTM().a),
      sub: [...document.querySelectorAll('.app-wall__sub')].map((one) => one.scrollWidth - one.clientWidth),
      boxes: [title, ...document.querySelectorAll('main .app-poster__svg text, main .app-board__words, main button')].map((one) => {
        const { left, top, width } = one.getBoundingClientRect()
        return [left / u, top / u, width / u]
      })
    }
  })
  assert.ok(Math.abs(found.title - 3.1) < 0.01 && found.lines < 1.1, `${name}: a title of ${found.title} u on ${found.lines} lines`)
  assert.ok(found.length <= 66 && found.wide <= 94.1, `${name}: a title of ${found.length} characters, ${found.wide} u wide`)
  assert.ok(found.fill >= 0.7, `${name}: fills ${found.fill} of the height`)
  assert.deepEqual(found.small, [], `${name}: letters under 1.85 u`)
  assert.deepEqual(found.past, [], `${name}: words past the edge of the drawing`)
  assert.equal(found.hair, 0, `${name}: strokes under 2 px at 1280`)
  for (const one of found.hero) assert.ok(Math.abs(one - 23) < 0.3, `${name}: a hero of ${one} u`)
  for (const over of found.sub) assert.ok(over <= 0, `${name}: the subtitle passes its line by ${over} px`)
  return found.boxes
}

async function fits (page, name) {
  await page.waitForLoadState('load')
  const over = await page.evaluate(() => {
    const slide = document.querySelector('main')
    return [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight,
      slide.scrollHeight - slide.clientHeight]
  })
  assert.ok(over.every((pixels) => pixels <= 0), `${name}: passes the wall by ${over} px`)
}

async function accessible (page, name) {
  assert.deepEqual(await findings(page), [], `${name}: axe`)
}

describe('the call', () => {
  test('starts, goes by keys from slide to slide, takes an action and ends (J11)', async () => {
    const { context, page, wrong } = await presenter()
    const nothingOfPeople = listen(page)
    await page.goto(site.at + '/call')
    await accessible(page, 'the page before the call')
    await page.getByRole('button', { name: 'Start call' }).click()
    await page.waitForURL(/\/call\/\d{4}-\d\d-\d\d\/1$/)
    const at = page.url().slice(0, -2)

    // It was a mistake: the call is taken back, and its screens say so.
    await page.goto(at)
    await page.getByRole('button', { name: 'Withdraw call' }).press('Enter')
    await page.waitForURL(at + '/withdrawn/1')
    await page.getByText('This call was started by mistake.').waitFor()
    await accessible(page, 'a withdrawn call')
    await page.goto(at + '/3')
    assert.equal(page.url(), at + '/withdrawn/1')
    await page.goto(site.at + '/call')
    await page.getByRole('button', { name: 'Start call' }).press('Enter')
    await page.waitForURL(at + '/1')
    const waiting = await page.locator('.app-poster__hero').textContent()
    assert.match(await page.locator('h1').innerText(), new RegExp(`^${waiting} people are waiting`))
    assert.match(await page.locator('.app-wall__held').innerText(), /^Data as at .* · figures held at /)
    for (let n = 1; n <= 9; n++) {
      await page.waitForURL(`${at}/${n}`)
      assert.match(await page.locator('.app-wall__place').innerText(), new RegExp(`^${n} of 9`))
      assert.equal(await page.locator('h1').count(), 1)
      const size = await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))
      assert.ok(Math.abs(size - 1.95 * 12.8) < 0.1, `slide ${n}: text of ${size} px`)
      await fits(page, `slide ${n}`)
      await poster(page, `slide ${n}`)
      await accessible(page, `slide ${n}`)
      if (pictures) await page.screenshot({ path: path.join(pictures, `slide-${n}-light.png`) })
      if (n < 9) await page.keyboard.press(n % 2 ? 'PageDown' : 'ArrowRight')
    }
    await page.keyboard.press('PageUp')
    await page.waitForURL(at + '/8')
    await page.keyboard.press('ArrowLeft')
    await page.waitForURL(at + '/7')
    await page.keyboard.press('Home')
    await page.waitForURL(at + '/1')
    await page.keyboard.press('End')
    await page.waitForURL(at + '/9')

    // A number of a person is refused; keys in a field move the cursor.
    await page.locator('#what').focus()
    await page.keyboard.type('Ring about 999 000 0018')
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowLeft')
    assert.equal(page.url(), at + '/9')
    await page.keyboard.press('Enter')
    await page.getByText('Remove the NHS number. This screen is shown on a wall.').first().waitFor()
    assert.ok(!(await page.content()).includes('999 000 0018'))
    await accessible(page, 'a refused action')
    await page.locator('#what').fill('Ask Westhaven for the file of Monday')
    await page.locator('#owner').selectOption({ label: 'Westhaven and District NHS Trust' })
    await page.locator('#due').fill(day(-2))
    await page.getByRole('button', { name: 'Log action' }).press('Enter')
    await page.waitForURL(at + '/9')
    assert.equal(await page.locator('#actions .app-board__words').innerText(), 'Ask Westhaven for the file of Monday')
    await fits(page, 'the slide of actions')
    await accessible(page, 'an action')
    // It is put right, and another one is withdrawn.
    await page.getByRole('link', { name: /^Change/ }).press('Enter')
    await page.waitForURL(at + '/9?action=1#change')
    if (pictures) await page.screenshot({ path: path.join(pictures, 'action-change.png') })
    await fits(page, 'an action that is changed')
    await accessible(page, 'an action that is changed')
    await page.locator('#what').fill('Ask Westhaven for the file of Monday 999 000 0018')
    await page.locator('#what').press('Enter')
    await page.getByText('Remove the NHS number. This screen is shown on a wall.').first().waitFor()
    assert.equal(await page.locator('#what').inputValue(), 'Ask Westhaven for the file of Monday …')
    if (pictures) await page.screenshot({ path: path.join(pictures, 'action-refused.png') })
    await accessible(page, 'a refused change')
    await page.locator('#what').fill('Ask Westhaven for the file of Monday')
    await page.getByRole('button', { name: 'Save changes' }).press('Enter')
    await page.waitForURL(at + '/9')
    await page.locator('#what').fill('Said by mistake')
    await page.locator('#owner').selectOption({ label: 'Westhaven and District NHS Trust' })
    await page.locator('#due').fill(day(-3))
    await page.getByRole('button', { name: 'Log action' }).press('Enter')
    await page.getByRole('link', { name: /Change.*Said by mistake/ }).press('Enter')
    await page.locator('#why').fill('Said twice')
    await page.getByRole('button', { name: 'Withdraw action' }).press('Enter')
    await page.waitForURL(at + '/9')
    assert.equal(await page.locator('.app-board__done').innerText(), 'Withdrawn: Said by mistake')
    assert.equal(await page.locator('#actions .app-board__words').count(), 1)
    await fits(page, 'a withdrawn action')
    await accessible(page, 'a withdrawn action')
    if (pictures) await page.screenshot({ path: path.join(pictures, 'action-withdrawn.png') })
    await page.getByRole('button', { name: /^Done/ }).press('Enter')
    await page.waitForURL(at + '/9')
    assert.equal(await page.locator('.app-board__done').innerText(),
      'Done: Ask Westhaven for the file of Monday · Withdrawn: Said by mistake')

    await page.keyboard.press('Escape')
    await page.waitForURL(at)
    assert.equal(await page.locator('section.app-call').count(), 10)
    assert.match(await page.locator('#since-then').innerText(), /Nothing\. Worked out again/)
    await accessible(page, 'the page view')
    assert.match(await page.locator('#slide-9').innerText(),
      /Said by mistake[^]*Withdrawn at .*, by somebody with the role Presenter: Said twice/)
    if (pictures) await page.locator('#slide-9').screenshot({ path: path.join(pictures, 'actions-page.png') })
    const json = await (await context.request.get(at + '.json')).text()
    assert.ok(!hidden.some((word) => json.includes(word)), 'the JSON holds words about people')
    assert.equal(await (await context.request.get(at + '.json')).text(), json)
    await page.getByRole('button', { name: 'End call' }).click()
    await page.getByText('The call ended at').waitFor()
    await nothingOfPeople()
    assert.deepEqual(wrong, [])
    await context.close()
  })

  test('goes by links without scripts, light and dark, from start to end', async () => {
    for (const theme of ['', '?theme=dark']) {
      const { page, wrong, leave } = await presenter({ script: false })
      await page.goto(site.at + '/call')
      await page.getByRole('link', { name: /^Open today's call/ }).click()
      if (theme) await page.getByRole('link', { name: 'Dark', exact: true }).click()
      for (let n = 1; n <= 9; n++) {
        assert.ok(page.url().endsWith(`/${n}${theme}`), page.url())
        await fits(page, `slide ${n}${theme}`)
        if (pictures) await page.screenshot({ path: path.join(pictures, `slide-${n}-${theme ? 'dark' : 'plain'}.png`) })
        if (n < 9) await page.getByRole('link', { name: 'Next', exact: true }).click()
      }
      await page.getByRole('link', { name: 'All slides' }).click()
      await page.waitForLoadState()
      assert.equal(await page.locator('section.app-call').count(), 10)
      assert.deepEqual(wrong, [])
      await leave()
    }
  })

  test('every projector shows the same picture, light and dark', async () => {
    const small = await presenter()
    const large = await presenter({ width: 1920, height: 1080 })
    await small.page.goto(site.at + '/call')
    const at = site.at + (await small.page.getByRole('link', { name: /^Open today's call/ }).getAttribute('href')).slice(0, -2)
    for (let n = 1; n <= 9; n++) {
      const boxes = []
      for (const [one, theme] of [[small, ''], [large, ''], [large, '?theme=dark']]) {
        await one.page.goto(`${at}/${n}${theme}`)
        await fits(one.page, `slide ${n}${theme}`)
        boxes.push(await poster(one.page, `slide ${n}${theme} at ${one.page.viewportSize().width}`))
        if (pictures) await one.page.screenshot({ path: path.join(pictures, `wall-${n}-${boxes.length}.png`) })
      }
      // Buttons keep the least size of a target, which moves what stands below.
      for (const other of boxes.slice(1)) {
        assert.equal(other.length, boxes[0].length)
        const off = other.map((box, i) => Math.max(...box.map((v, j) => Math.abs(v - boxes[0][i][j]))))
        assert.ok(Math.max(...off) < (n === 9 ? 1.5 : 0.35), `slide ${n} differs by ${Math.max(...off)} u`)
      }
    }
    await small.leave()
    await large.leave()
    assert.deepEqual([...small.wrong, ...large.wrong], [])
  })

  test('dark slides pass axe, and every slide keeps its words in forced colours and on a narrow screen', async () => {
    const { page, wrong, leave } = await presenter()
    await page.goto(site.at + '/call')
    const at = site.at + (await page.getByRole('link', { name: /^Open today's call/ }).getAttribute('href')).slice(0, -2)
    for (let n = 1; n <= 9; n++) {
      await page.goto(`${at}/${n}?theme=dark`)
      await accessible(page, `slide ${n}, dark`)
    }
    await leave()
    const narrow = await presenter({ width: 320, height: 640 })
    for (const target of ['', '/1', '/2', '/3', '/4', '/5', '/6', '/7', '/8', '/9']) {
      await narrow.page.goto(at + target)
      const wide = await narrow.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${target} at 320 px scrolls sideways by ${wide} px`)
    }
    await narrow.page.goto(at)
    await accessible(narrow.page, 'the page view at 320 px')
    // A phone has the words and tables of each slide, none of them wider than it.
    const phone = await narrow.page.evaluate(() => ({
      posters: [...document.querySelectorAll('.app-poster')].filter((one) => one.checkVisibility()).length,
      missing: document.querySelectorAll('.app-poster').length - [...document.querySelectorAll('.app-call .app-call__plain')]
        .filter((one) => one.querySelector('.nhsuk-details__text').checkVisibility({ contentVisibilityAuto: true })).length,
      wide: [...document.querySelectorAll('.app-call__scroll')].filter((one) =>
        !one.closest('.app-call__numbers') && one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)
    }))
    assert.deepEqual(phone, { posters: 0, missing: 0, wide: [] })
    await narrow.leave()
    assert.deepEqual([...wrong, ...narrow.wrong], [])
  })

  test('a phone turns the slides on the wall, with scripts and without', async () => {
    const { context, page: wall, wrong } = await presenter()
    await wall.goto(site.at + '/call')
    const at = site.at + (await wall.getByRole('link', { name: /^Open today's call/ }).getAttribute('href')).slice(0, -2)
    const page = await context.newPage()
    await page.goto(at)
    await page.getByRole('button', { name: 'Make a remote' }).press('Enter')
    const link = await page.locator('#once').innerText()
    const code = await page.locator('.app-remote-code').innerText()
    assert.ok(link.endsWith('/remote/' + code), `${link} does not end with ${code}`)
    await accessible(page, 'a remote that was made')
    await wall.goto(at + '/1')
    const phone = await visitor(chrome, site, { as: 'nobody', width: 390, height: 844 })
    await phone.page.goto(link)
    await accessible(phone.page, 'the link of a remote')
    await phone.page.getByRole('button', { name: 'Open the remote' }).press('Enter')
    await phone.page.waitForURL(site.at + '/remote')
    assert.equal(await phone.page.locator('h1').innerText(), '1 Where we are')
    await accessible(phone.page, 'a remote')
    const look = () => phone.page.evaluate(() => ({
      low: [...document.querySelectorAll('button')].map((one) => one.getBoundingClientRect().height).filter((high) => high < 88),
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth
    }))
    assert.deepEqual(await look(), { low: [], wide: 0 })
    if (pictures) await phone.page.screenshot({ path: path.join(pictures, 'remote-390.png'), fullPage: true })
    const words = await phone.page.locator('main').innerText()
    assert.doesNotMatch(words.replace(/Call of .*/, ''), /\d\d/, 'the phone shows a figure')
    // The wall follows within about two seconds.
    const turned = async (press, to) => {
      await press()
      await wall.waitForURL(to, { timeout: 3500 })
    }
    await turned(() => phone.page.getByRole('button', { name: /^Next/ }).click(), at + '/2')
    assert.equal(await phone.page.locator('h1').innerText(), '2 Since last call')
    await turned(() => phone.page.getByRole('button', { name: /^7 / }).click(), at + '/7')
    await turned(() => phone.page.getByRole('button', { name: 'Dark', exact: true }).click(), at + '/7?theme=dark')
    // The presenter turns the wall, and the phone knows.
    await wall.keyboard.press('PageDown')
    await wall.waitForURL(at + '/8?theme=dark')
    await phone.page.getByRole('heading', { name: '8 Not settled' }).waitFor({ timeout: 4000 })
    // What is being typed is not turned away from.
    await wall.keyboard.press('PageDown')
    await wall.waitForURL(at + '/9?theme=dark')
    await wall.locator('#what').fill('Being typed')
    await phone.page.getByRole('heading', { name: '9 Actions' }).waitFor({ timeout: 4000 })
    await phone.page.getByRole('button', { name: /^1 / }).click()
    await wall.waitForTimeout(2500)
    assert.equal(await wall.locator('#what').inputValue(), 'Being typed')
    await wall.goto(at + '/9')
    // A phone without scripts, by the code; the last press stands.
    const plain = await visitor(chrome, site, { as: 'nobody', width: 320, height: 640, script: false })
    await plain.page.goto(site.at + '/remote')
    await plain.page.locator('#code').fill(code.toUpperCase().replaceAll('-', ' '))
    await plain.page.getByRole('button', { name: 'Open the remote' }).click()
    await turned(() => plain.page.getByRole('button', { name: /^3 / }).click(), at + '/3?theme=dark')
    assert.equal(await plain.page.locator('h1').innerText(), '3 Trend')
    await turned(() => phone.page.getByRole('button', { name: /^5 / }).click(), at + '/5?theme=dark')
    await turned(() => plain.page.getByRole('button', { name: 'Light', exact: true }).click(), at + '/5')
    assert.ok(await plain.page.evaluate(() => document.documentElement.scrollWidth) <= 320, 'the remote scrolls sideways at 320 px')
    // It opens nothing else, and goes dark when it is revoked.
    assert.equal((await plain.page.goto(at + '/1')).status(), 403)
    await page.goto(at)
    if (pictures) await page.locator('#remotes').screenshot({ path: path.join(pictures, 'remotes.png') })
    await accessible(page, 'the page of a call with a remote')
    await page.getByRole('button', { name: /^Revoke/ }).first().press('Enter')
    await phone.page.getByLabel('Code').waitFor({ timeout: 5000 })
    for (const one of [context, phone.context, plain.context]) await one.close()
    assert.deepEqual(wrong, [])
  })

  test('prints a slide a page, A4 landscape (J16)', async () => {
    const { page, leave } = await presenter()
    await page.goto(site.at + '/call')
    await page.goto(site.at + (await page.getByRole('link', { name: /^Open today's call/ }).getAttribute('href')).slice(0, -2))
    const pdf = (await page.pdf({ preferCSSPageSize: true, path: pictures && path.join(pictures, 'call.pdf') })).toString('latin1')
    const sheets = pdf.match(/\/MediaBox \[[^\]]*\]/g)
    assert.equal(sheets.length, 10, 'nine slides and what is known since')
    for (const one of sheets) {
      const [, , width, height] = one.match(/[\d.]+/g).map(Number)
      assert.ok(width > height, `${one} is not landscape`)
    }
    await leave()
  })

  test("opens last week's pack and compares it with now: the reasons add up to the differences (J12)", async () => {
    // The pack up to last Sunday, made now.
    assert.equal((await post(site.at, '/admin/jobs/pack-weekly/run', {}, site.cookies.administrator)).status, 303)
    const { context, page, wrong } = await presenter()
    const weekly = page.locator('#packs tbody a[href$="-weekly/"]').first()
    for (const end = Date.now() + 60000; ; await page.waitForTimeout(500)) {
      await page.goto(site.at + '/packs')
      if (await weekly.count()) break
      assert.ok(Date.now() < end, 'the weekly pack was not made')
    }
    const home = site.at + await weekly.getAttribute('href')
    const bytes = async () => {
      const names = ['', 'people.csv', 'delayed-days.svg', 'figures.xlsx', 'manifest.json']
      return Promise.all(names.map(async (name) => Buffer.from(await (await context.request.get(home + name)).body()).toString('base64')))
    }
    const shown = await bytes()
    // A corrected list without those who were on no later one: who is listed the
    // day after was left out by mistake, and counts all the same (C7).
    const list = (n) => path.join(files.dir, 'extracts', `RZ1_${day(n)}.csv`)
    const listed = (n) => readFileSync(list(n), 'utf8').trimEnd().split('\n')
    const number = (line) => line.match(/\bNG\d{6}\b/)?.[0]
    const on = (n, one) => listed(n).some((line) => number(line) === one)
    // They were there for days before: whoever came on their last day has none that
    // counts.
    const leavers = (n) => listed(n).map(number).filter((one) => one && !on(n - 1, one) && on(n + 1, one) && on(n + 2, one))
    const since = [9, 8, 10, 12, 11, 13].find((n) => [n + 2, n + 1, n, n - 1].every((d) => existsSync(list(d))) && leavers(n).length > 0)
    assert.ok(since, 'nobody left')
    const late = `RZ1_${day(since)}.csv`
    const gone = leavers(since)
    const again = folder()
    folders.push(again)
    writeFileSync(path.join(again.dir, late), listed(since).filter((line) => !gone.includes(number(line))).join('\n') + '\n')
    await run('ingest', '--data', data.dir, path.join(again.dir, late))

    // Served, the pack is in a sandbox in which nothing can look at it.
    await page.goto('about:blank')
    await page.setContent(Buffer.from(shown[0], 'base64').toString())
    await accessible(page, 'the pack')
    await page.setViewportSize({ width: 320, height: 640 })
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, 'the pack scrolls sideways at 320 px')
    await page.setViewportSize({ width: 1280, height: 720 })
    await page.goto(home + 'about')
    await accessible(page, 'the page about the pack')
    await page.getByRole('button', { name: 'Check again' }).press('Enter')
    await page.getByText(/All \d+ files come out the same, byte for byte\./).waitFor()
    await page.getByRole('link', { name: 'Compare its figures with now' }).click()
    assert.match(await page.locator('.app-datebar').innerText(), /^As known at /)
    const rows = await page.locator('#differences tbody tr').evaluateAll(
      (all) => all.map((tr) => [...tr.cells].map((cell) => cell.innerText)))
    let different = 0
    const whole = (text) => Number(text.replace('−', '-').replace(/down|up|[,+\s]/g, ''))
    for (const [name, was, is, difference, why] of rows) {
      const causes = [...why.matchAll(/(?:^|; )([+−-]?[\d,]+) from /g)].map((m) => whole(m[1]))
      if (causes.length === 0 || !/^[\d,]+$/.test(was.trim())) continue
      different++
      assert.equal(causes.reduce((a, b) => a + b, 0), whole(difference), `${name}: ${why} for ${difference}`)
      assert.equal(whole(is) - whole(was), whole(difference), name)
    }
    assert.ok(different > 0, `nothing is different: ${JSON.stringify(rows)}`)
    assert.deepEqual(await bytes(), shown, 'the stored bytes have changed')
    await context.close()

    // The same at 320 px without scripts.
    const narrow = await presenter({ width: 320, height: 640, script: false })
    for (const target of [home + 'about', site.at + '/packs']) {
      await narrow.page.goto(target)
      const wide = await narrow.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${target} at 320 px scrolls sideways by ${wide} px`)
    }
    await narrow.leave()
    assert.deepEqual([...wrong, ...narrow.wrong], [])
  })
})
