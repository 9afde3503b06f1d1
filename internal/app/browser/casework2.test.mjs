// Journeys J4, J5 and J14 in the real browser with the mouse off, at 1280 and
// at 320 px, with and without scripts, with axe on every step; the header's
// search; and the worklist on paper. J6, where the clock passes, sets the time
// and is a test of the whole program in Go (casework_test.go).
import assert from 'node:assert/strict'
import { after, before as beforeAll, test } from 'node:test'
import { addPeople, browser, day, emailOf, findings, northshire, run, serve, signInAll, visitor } from './site.mjs'

const council = 'E10000099'

let chrome, site
const folders = []

beforeAll(async () => {
  chrome = await browser()
  const { data, files } = await northshire(40, 40)
  folders.push(data, files)
  const links = await addPeople(data.dir, ['coordinator', 'reviewer', 'director'])
  const said = await run('user', 'add', emailOf('nhs-reviewer'), '--data', data.dir, '--role', 'reviewer', '--name', 'N. Reviewer', '--for',
    'RZ1')
  links['nhs-reviewer'] = said.match(/\/choose-password\/\S+/)[0]
  site = await serve('serve', '--data', data.dir)
  site.cookies = await signInAll(site.at, links)
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  for (const one of folders) one.remove()
})

// How many stops of the Tab key lie between the focus and an element after it,
// 0 when it has the focus or lies before. A group of radios is one stop.
function stopsBefore (target) {
  const groups = new Set()
  const stops = [...document.querySelectorAll('a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]')]
    .filter((e) => {
    if (e.disabled || e.tabIndex < 0 || !e.checkVisibility({ visibilityProperty: true })) return false
    if (e.type !== 'radio') return true
    const checked = document.querySelector(`input[name="${e.name}"]:checked`)
    if (checked ? e !== checked : groups.has(e.name)) return false
    groups.add(e.name)
    return true
  })
  const focus = document.activeElement
  const from = stops.findIndex((e) => e === focus || focus.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)
  const to = stops.indexOf(target)
  if (from < 0 || to < from || focus === document.body) return focus === document.body ? Math.max(to, 0) : 0
  return to - from + (stops[from] === focus ? 0 : 1)
}

// A person of a role who uses the keyboard alone. Without scripts nothing but
// the page itself changes, so axe looks at the page with them.
async function hand (as, { width = 1280, script = true } = {}) {
  const { page, wrong, leave } = await visitor(chrome, site, { as, width, script })
  let stepped = 0
  const looked = new Set()
  const me = {
    page,
    // A refused form is reported in the console by the browser itself.
    close: async () => {
      assert.deepEqual(wrong.filter((w) => !/status of (422|409)/.test(w)), [])
      await leave()
      return stepped
    },
    go: async (target) => { await page.goto(site.at + target); await me.step(target) },
    // What must hold of every page on the way.
    step: async (name) => {
      // A click comes back before the next page has its style sheet.
      await page.waitForLoadState('load')
      stepped++
      assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`)
      // One look at each kind of page, refused forms for themselves.
      const kind = page.url().replace(/HW-\w+[^/?]*|\?.*|#.*/g, '') + await page.locator('.nhsuk-error-summary').count()
      if (!script || looked.has(kind)) return
      looked.add(kind)
      assert.deepEqual(await findings(page), [], name)
    },
    // Presses Tab until the element has the focus, and sees that it shows.
    reach: async (selector) => {
      const target = page.locator(selector).first()
      assert.equal(await target.count(), 1, `${selector} is not on ${page.url()}`)
      // Presses as often as the page's order says at once, then looks.
      for (let n = await target.evaluate(stopsBefore); n > 0; n--) await page.keyboard.press('Tab')
      for (let n = 0; n < 200; n++) {
        if (await target.evaluate((e) => e === document.activeElement)) {
          // A busy machine scrolls a moment after the focus has moved.
          const seen = await target.evaluate(async (e) => {
            for (const late = Date.now() + 1000; ; await new Promise((then) => setTimeout(then, 20))) {
              const box = (e.labels?.[0] ?? e).getBoundingClientRect()
              const inSight = box.bottom > 0 && box.top < innerHeight
              if (inSight || Date.now() > late) return inSight
            }
          })
          assert.ok(seen, `${selector} has the focus and is not in sight`)
          return target
        }
        await page.keyboard.press('Tab')
      }
      assert.fail(`${selector} is not reached by Tab on ${page.url()}`)
    },
    // Opens a link or presses a button, and looks at the page that comes.
    press: async (selector, name) => {
      await me.reach(selector)
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
      await me.step(name ?? selector)
    },
    // Opens what is folded.
    unfold: async (text) => {
      await me.reach(`main summary:has-text("${text}")`)
      await page.keyboard.press('Enter')
    },
    // Chooses a radio: into its group by Tab, to it by arrows.
    choose: async (name, value) => {
      const inGroup = `input[name="${name}"]`
      const first = await page.locator(`${inGroup}:checked`).count() ? `${inGroup}:checked` : inGroup
      await me.reach(first)
      await page.keyboard.press('Space')
      for (let n = 0; n < 12 && !await page.locator(`${inGroup}[value="${value}"]`).isChecked(); n++) await page.keyboard.press('ArrowDown')
      assert.ok(await page.locator(`${inGroup}[value="${value}"]`).isChecked(), `${name} ${value}`)
    },
    // Chooses a reason among the usual ones of the ward, which follow the day, else in
    // the list of the others.
    reason: async (code) => {
      if (await page.locator(`input[name="reason"][value="${code}"]`).count()) await me.choose('reason', code)
      else await me.select('other-reason', code)
    },
    // Selects by typing, as the code that begins every reason allows.
    select: async (id, typed) => {
      await me.reach('#' + id)
      await page.keyboard.type(typed)
    },
    type: async (id, text) => {
      await me.reach('#' + id)
      await page.keyboard.press('Control+A')
      await page.keyboard.type(text)
    },
    date: async (id, date) => {
      const [y, m, d] = date.split('-').map(Number)
      await me.type(id + '-day', String(d))
      await me.type(id + '-month', String(m))
      await me.type(id + '-year', String(y))
    },
    text: () => page.locator('main').innerText()
  }
  return me
}

const button = (text) => `main button:has-text("${text}")`
const link = (text) => `main a:has-text("${text}")`

// The days of a date as the record writes them, "20 October 2026".
const dayNumber = (words) => Date.parse(words + ' UTC') / 86400000

// Demands that the periods of the record on the page tile without gap or
// overlap and that their days are the total (C3); gives the total.
async function tiles (me) {
  const rows = await me.page.locator('#periods tbody tr').evaluateAll(
    (all) => all.map((r) => [...r.children].map((c) => c.textContent.trim())))
  const total = Number(await me.page.locator('#periods tfoot td').nth(3).innerText())
  let next = dayNumber(rows[0][0])
  let sum = 0
  for (const [from, to, , body, days] of rows) {
    const last = to === 'now' ? dayNumber(from) + Number(days) - 1 : dayNumber(to)
    assert.equal(dayNumber(from), next, `C3: a gap or an overlap before ${from}`)
    assert.equal(Number(days), body === 'Not counted' ? 0 : last - next + 1, `C3: the days from ${from}`)
    next = last + 1
    sum += Number(days)
  }
  assert.equal(sum, total, 'C3: the sum of the periods is the total')
  return total
}

// The newest tag of a record's reference in its address.
const refOf = (page) => page.url().match(/HW-[0-9A-Z]+/)[0]

for (const [name, options] of [['at 320 px', { width: 320 }], ['without scripts', { script: false }]]) {
  test(`J4 by keyboard ${name}: change, correct, correct an earlier period, pause, resume, end`, async () => {
    const me = await hand('coordinator', options)
    await me.go('/today?sort=ready')
    // The longest wait that is not logged has days enough to be changed.
    await me.press('.app-round__row a:has-text("Log delay")', 'the form')
    await me.reason('E')
    await me.choose('destination', 'undecided')
    await me.press(button('Save and open record'), 'the record')
    const ref = refOf(me.page)
    assert.match(await me.text(), /Delay logged for bed/)
    const before = await tiles(me)
    assert.ok(before >= 4, `${before} days are too few for this journey`)

    await me.press(link('Change reason'))
    await me.press(button('Save change'), 'errors')
    assert.match(await me.text(), /There is a problem[\s\S]*Select what has happened/)
    await me.choose('what', 'changed')
    await me.date('from', day(2))
    await me.select('reason', 'A')
    await me.choose('body', 'nhs')
    await me.press(button('Save change'), 'changed')
    assert.equal(await tiles(me), before)
    const periods = await me.page.locator('#periods tbody tr').count()

    await me.press(link('Change reason'))
    await me.choose('what', 'corrected')
    await me.select('reason', 'F')
    await me.choose('body', 'nhs')
    await me.type('because', 'It was equipment')
    await me.press(button('Save change'), 'corrected')
    assert.equal(await tiles(me), before)
    assert.match(await me.page.locator('#periods tbody tr').last().innerText(), /^[\s\S]*F Community equipment/)

    const later = await me.page.locator('#periods tbody tr').last().innerText()
    await me.press(link('Change reason'))
    await me.press(link('Correct '), 'the correction of a period')
    await me.press(button('Save correction'), 'errors')
    assert.match(await me.text(), /This is what is recorded now/)
    await me.select('reason', 'Dii')
    await me.choose('body', 'social-care')
    await me.type('because', 'The nursing home was meant')
    await me.press(button('Save correction'), 'the first period corrected')
    assert.equal(await tiles(me), before)
    assert.equal(await me.page.locator('#periods tbody tr').count(), periods)
    assert.match(await me.page.locator('#periods tbody tr').first().innerText(), /Dii Nursing home/)
    assert.equal(await me.page.locator('#periods tbody tr').last().innerText(), later, 'the later period changed')

    await me.press(link('Pause'))
    await me.choose('why', 'hospital')
    await me.date('date', day(1))
    await me.press(button('Pause'), 'paused')
    assert.equal(await tiles(me), before - 1)
    assert.match(await me.text(), /Needs hospital treatment again/)

    await me.press(link('Resume'))
    await me.date('date', day(1))
    await me.press(button('Resume'), 'errors')
    assert.match(await me.text(), /Resume date must be after/)
    await me.date('date', day(0))
    await me.press(button('Resume'), 'resumed')
    assert.equal(await tiles(me), before - 1)

    await me.press(link('End delay'))
    await me.choose('how', 'left')
    await me.select('destination', '1')
    await me.press(button('Check and continue'), 'the check')
    assert.match(await me.text(), new RegExp(`${before - 1} days? (is|are) counted`))
    await me.press(button('Confirm and end'), 'ended')
    assert.match(await me.text(), new RegExp(`Delay ${ref} ended. ${before - 1} days? counted`))
    assert.equal(await tiles(me), before - 1)
    console.log(`# ${await me.close()} pages by keyboard ${name}`)
  })
}

// The council's share as its JSON twin gives it: the widths of both ranges in
// days, and the days that each is about.
async function range (me) {
  const answer = await me.page.request.get(`${site.at}/council/${council}.json?from=${day(40)}&to=${day(1)}`)
  assert.equal(answer.status(), 200)
  const { rows } = await answer.json()
  const now = rows.filter((r) => r.to === day(1))
  const days = now.filter((r) => r.measure === 'delayed days' && r.provider === 'all' && r.reason === 'all' && r.care === 'all' &&
    r.state !== 'all' && r.responsible !== 'all')
  const sum = (f) => days.filter(f).reduce((n, r) => n + r.value, 0)
  const total = sum(() => true)
  const share = (words) => now.find((r) => r.measure === words).value
  const width = (basis) => Math.round((share(`council share, highest (${basis} days)`) - share(
    `council share, lowest (${basis} days)`)) * total)
  const unsettled = sum((r) => ['disputed', 'decided, not agreed'].includes(r.state) || r.responsible === 'not attributed')
  const open = sum((r) => !r.state.startsWith('agreed'))
  assert.equal(width('counted'), unsettled, 'G3: the range is as wide as the days that are not settled')
  // Before anything is agreed there is no share of agreed days.
  if (open < total) assert.equal(width('agreed'), open, 'G3: the range of agreed days is as wide as the days that are not agreed')
  return { unsettled, open }
}

test('J5 by keyboard: agree 5, dispute 1, the other body answers, escalate, settle', async () => {
  const mine = await hand('reviewer')
  const theirs = await hand('nhs-reviewer', { script: false })
  const lead = await hand('director', { width: 320 })
  let was = await range(mine)
  await mine.go('/agreement')
  const boxes = mine.page.locator('#bulk input[name="select"]')
  assert.ok(await boxes.count() >= 6, 'too few proposals for this journey')
  const ids = await boxes.evaluateAll((all) => all.slice(0, 5).map((b) => b.value))
  for (const id of ids) {
    await mine.reach(`input[name="select"][value="${id}"]`)
    await mine.page.keyboard.press('Space')
  }
  await mine.press(button('Agree selected'), 'the check page')
  const [, said] = (await mine.text()).match(/You agree to 5 proposals, ([\d,]+) days/)
  await mine.press(button('Confirm and agree'), 'agreed')
  assert.match(await mine.text(), new RegExp(`5 answers saved, ${said} days`))
  let is = await range(mine)
  assert.equal(is.unsettled, was.unsettled)
  assert.equal(was.open - is.open, Number(said.replace(',', '')), 'the agreed days left the range')
  was = is

  // A proposal of the hospital that the other reviewer is of, for a reason that
  // more than one body can have.
  await mine.go('/agreement')
  const rows = await mine.page.locator('#bulk tbody tr').evaluateAll((all) =>
    all.map((r) => [r.id, r.innerText, r.querySelector('input') !== null]))
  const names = await theirs.go('/agreement').then(() => theirs.page.locator('.nhsuk-caption-l').innerText())
  const hospital = names.replace(/^.*?, /, '')
  const row = rows.find(([, words, pick]) => pick && words.includes(hospital) && !/C Further|I Housing|O Other/.test(words))
  assert.ok(row, `no proposal of ${hospital} that can be disputed`)
  const other = /Social care/.test(row[1]) ? 'nhs' : 'social-care'
  const id = row[0].replace('row-', '')
  const days = Number(row[1].split(/\s*\t\s*/).at(-2))
  await mine.press(`[id="row-${id}"] a`, 'the answer page')
  await mine.press(button('Confirm answer'), 'errors')
  assert.match(await mine.text(), /Select an answer/)
  await mine.choose('answer', 'dispute')
  await mine.choose('body', other)
  await mine.choose('checks', 'need')
  await mine.type('words', 'The referral came later.')
  await mine.press(button('Confirm answer'), 'disputed')
  is = await range(mine)
  assert.equal(is.unsettled - was.unsettled, days, 'the disputed days are in the range')
  assert.equal(is.open, was.open)

  await theirs.go('/disputes/' + id)
  assert.match(await theirs.text(), /The referral came later/)
  await theirs.unfold('Add a fact')
  await theirs.type('reply-words', 'It was sent on the day.')
  await theirs.press(button('Add reply'), 'replied')
  assert.match(await theirs.text(), /It was sent on the day/)
  assert.deepEqual(await range(mine), is, 'a reply settles nothing')

  await lead.go('/disputes/' + id)
  assert.match(await lead.text(), /It can be decided once it has come to the directors/)
  for (const level of ['leads', 'directors']) {
    await lead.unfold('Take it to the next level')
    await lead.type(await lead.page.locator('form:has(button:has-text("Escalate")) textarea').getAttribute('id'),
      `This goes to the ${level}.`)
    await lead.press(button('Escalate'), 'escalated to the ' + level)
    assert.deepEqual(await range(mine), is, 'to escalate settles nothing')
  }
  await lead.unfold('Record a decision')
  await lead.choose('body', other)
  const decide = await lead.page.locator('form:has(button:has-text("Record the decision")) textarea').getAttribute('id')
  await lead.type(decide, 'The referral was not acknowledged (A3).')
  await lead.press(button('Record the decision'), 'decided')
  assert.deepEqual(await range(mine), is, 'G5: what one side decided settles nothing')
  await theirs.go('/disputes/' + id)
  await theirs.press(button('Confirm: '), 'confirmed')
  const settled = await range(mine)
  assert.equal(settled.unsettled, was.unsettled, 'what is settled left the range')
  assert.equal(settled.open, was.open - days)
  await theirs.go('/disputes/' + id)
  assert.match(await theirs.text(), /The referral was not acknowledged/)
  console.log(`# ${await mine.close() + await theirs.close() + await lead.close()} pages by keyboard`)
})

test('J14 two people edit one record: the second is told, what was typed stands, nothing is lost', async () => {
  const one = await hand('coordinator')
  const two = await hand('coordinator', { width: 320, script: false })
  // Somebody who has been ready for days; who became so yesterday has none yet.
  await one.go('/today?sort=ready')
  await one.press('.app-round__row a:has-text("Log delay")', 'the form')
  await one.reason('E')
  await one.choose('destination', 'undecided')
  await one.press(button('Save and open record'), 'the record')
  const at = '/delays/' + refOf(one.page)
  const before = await tiles(one)
  await one.press(link('Change reason'))
  await two.go(at)
  await two.press(link('Change reason'))
  await two.choose('what', 'corrected')
  await two.select('reason', 'G')
  await two.type('because', 'The family chose')
  await two.press(button('Save change'), 'saved')
  await one.choose('what', 'corrected')
  await one.select('reason', 'A')
  await one.type('because', 'Still being assessed')
  await one.reach(button('Save change'))
  const [answer] = await Promise.all([one.page.waitForResponse((r) => r.request().method() === 'POST'), one.page.keyboard.press('Enter')])
  await one.page.waitForLoadState('load')
  assert.equal(answer.status(), 409)
  const words = await one.text()
  assert.match(words, /Someone else changed this[\s\S]*Nothing you entered has been saved/)
  assert.match(words, /Still being assessed/)
  await one.go(at)
  assert.equal(await tiles(one), before)
  assert.match(await one.text(), /The family chose/)
  assert.doesNotMatch(await one.text(), /Still being assessed/)
  await two.close()
  await one.close()
})

test('the header finds a person by keyboard, and no address holds what was typed', async () => {
  for (const options of [{}, { width: 320, script: false }]) {
    const me = await hand('coordinator', options)
    const addresses = []
    me.page.on('request', (r) => addresses.push(r.url()))
    // In the hand the field opens from its sign.
    const look = async (text) => {
      if (options.width) {
        await me.reach('summary:has-text("Find a person")')
        await me.page.keyboard.press('Enter')
      }
      await me.type('find', text)
    }
    await me.go('/figures')
    await look('9434765919')
    await Promise.all([me.page.waitForEvent('load'), me.page.keyboard.press('Enter')])
    await me.step('nobody found')
    const words = await me.text()
    assert.match(words, /No delay in your area matches the NHS number that you typed\./)
    assert.ok(!words.includes('9434765919'), 'a number that was typed is not shown again')
    await me.go('/today')
    const first = me.page.locator('li[id^="row-"]').first()
    const ref = (await first.getAttribute('id')).replace('row-', '')
    await look(ref.toLowerCase())
    await Promise.all([me.page.waitForURL(`**/delays/${ref}`), me.page.keyboard.press('Enter')])
    assert.deepEqual(addresses.filter((a) => a.includes('9434765919')), [])
    await me.close()
  }
})

test('the worklist on paper: landscape, a sheet a ward, confidential at the head of each', async () => {
  const me = await hand('coordinator')
  await me.go('/today')
  await me.press(link('Print a page for each ward'), 'the print')
  const wards = await me.page.locator('.app-sheet').count()
  assert.ok(wards > 1)
  const people = await me.page.locator('.app-sheet').evaluateAll((all) => all.map((one) => one.querySelectorAll('tbody tr').length))
  const pdf = (await me.page.pdf({ preferCSSPageSize: true, outline: true, tagged: true })).toString('latin1')
  // On which sheet each ward begins, and how far up: the outline says so.
  const pages = [...pdf.matchAll(/(\d+) 0 obj\s*<<\s*\/Type\s*\/Page\b/g)].map(([, id]) => id)
  const begins = [...pdf.matchAll(/\/Title \(Ward [^)]*\)\s*\/Dest \[(\d+) 0 R \/XYZ [\d.]+ ([\d.]+)/g)]
    .map(([, id, up]) => ({ sheet: pages.indexOf(id), up: Number(up) }))
  assert.equal(begins.length, wards, `${begins.length} wards are found on ${pages.length} sheets`)
  assert.equal(begins[0].sheet, 0, 'something stands before the first ward')
  for (const [i, { sheet, up }] of begins.entries()) {
    assert.ok(up > 540, `ward ${i + 1} begins ${up} pt from the foot`)
    const its = (begins[i + 1]?.sheet ?? pages.length) - sheet
    assert.ok(its === 1 || (its > 1 && people[i] > 12), `ward ${i + 1} with ${people[i]} people has ${its} sheets`)
  }
  const boxes = [...pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g)].map(([, w, h]) => [Number(w), Number(h)])
  assert.ok(boxes.length > 0 && boxes.every(([w, h]) => w > h && w > 830 && w < 850), `sheets of ${boxes[0]}`)
  await me.page.emulateMedia({ media: 'print' })
  const heads = await me.page.locator('.app-sheet__head').allInnerTexts()
  assert.equal(heads.filter((h) => /^Confidential: patient information\..* Data as at /.test(h)).length, wards)
  // The rules below the head and below each row go from edge to edge.
  const broken = await me.page.locator('.app-sheet tr:has(th[scope])').evaluateAll((all) => all.filter((tr) => {
    const rules = [...tr.cells].map((cell) => {
      const { borderBottomWidth, borderBottomStyle, borderBottomColor } = getComputedStyle(cell)
      return [borderBottomWidth, borderBottomStyle, borderBottomColor, Math.round(cell.getBoundingClientRect().bottom)].join(' ')
    })
    return new Set(rules).size !== 1 || /^0px| none /.test(rules[0])
  }).map((tr) => tr.innerText))
  assert.deepEqual(broken, [], 'a rule is broken')
  // No words run into the next column.
  await me.page.setViewportSize({ width: 1032, height: 718 })
  const over = await me.page.locator('.app-sheet :is(th, td)').evaluateAll((all) =>
    all.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.innerText))
  assert.deepEqual(over, [], 'words run into the next column')
  assert.equal(await me.page.locator('.app-sheet thead').evaluateAll((all) =>
    all.every((e) => getComputedStyle(e).display === 'table-header-group')), true)
  assert.equal(await me.page.locator('.app-sheet >> text=Still waiting').count(), 0)
  await me.close()
})
