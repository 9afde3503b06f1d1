// The ward round: a check is saved without leaving the page, and goes on without a
// network. What waits to be sent is in the memory of this page alone, never in the
// browser's storage, and goes with the page.
const parse = (text) => new DOMParser().parseFromString(text, 'text/html')
const wait = 15000
const signedOut = 'You are signed out: sign in in another tab, and they are sent.'
const waiting = []
let round = document.getElementById('round')
let sending = false
let trouble = ''

// Headings of bays stay below the bar, whose height follows its words.
function measure () {
  const bar = round.querySelector('.app-round__bar')
  if (bar) document.documentElement.style.setProperty('--round-bar', `${bar.offsetHeight}px`)
}

const who = (page) => page.querySelector('.nhsuk-header__account-item')?.textContent ?? ''
const rowOf = (reference) => document.getElementById(`row-${reference}`)
const clock = (at) => at.toLocaleTimeString('en-GB', { hour: 'numeric', minute: '2-digit', hour12: true }).replace(' ', '')

// Letters alone: no form takes digits that might be a number of the NHS.
function key () {
  return [...crypto.getRandomValues(new Uint8Array(32))].map((b) => String.fromCharCode(97 + b % 26)).join('')
}

// Says in the row and above the list what waits.
function show () {
  for (const check of waiting) {
    const act = rowOf(check.reference)?.querySelector('.app-round__act')
    if (!act) continue
    const said = document.createElement('div')
    said.className = 'app-round__ok'
    said.textContent = `✓ checked ${clock(check.at)}, waits to be sent`
    act.replaceChildren(said)
  }
  const line = document.getElementById('round-waiting')
  const n = waiting.length
  line.hidden = n === 0 && !trouble
  const words = n === 0 ? '' : `${n} ${n === 1 ? 'check waits' : 'checks wait'} in this page and will be sent once the network is back. ` +
    'Keep the page open. '
  line.textContent = words + trouble
  measure()
}

// Takes the list as the answer has it, with the focus where it was.
function take (page) {
  const fresh = page.getElementById('round')
  if (!fresh) return
  const focus = document.activeElement?.id
  for (const row of fresh.querySelectorAll('[autofocus]')) row.removeAttribute('autofocus')
  round.replaceWith(document.adoptNode(fresh))
  round = fresh
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true })
}

async function ask (address, options = {}) {
  const answer = await fetch(address, { ...options, credentials: 'same-origin', signal: AbortSignal.timeout(wait) })
  return { answer, page: parse(await answer.text()) }
}

// What the form of a page sends for a check. A list that nobody is left on has no
// form, and every page has the token.
function fields (page, check) {
  const form = page.getElementById('check')
  const body = form ? new URLSearchParams(new FormData(form))
    : new URLSearchParams({ form_token: page.querySelector('[name=form_token]')?.value ?? '' })
  body.delete('checked')
  body.set('one', check.reference)
  body.set('at', check.at.toISOString())
  body.set('key', check.key)
  return body
}

// Sends what waits, first things first, each with its own key: one that is sent
// again because the answer was lost is saved once.
async function send () {
  if (sending || waiting.length === 0) return
  sending = true
  try {
    // The token is that of the session at hand, which may have begun anew.
    const first = await ask(location.href)
    let page = first.page
    if (!page.getElementById('round')) {
      trouble = first.answer.ok ? signedOut : 'The service does not answer.'
      return
    }
    if (who(page) !== who(document)) {
      trouble = 'Somebody else is signed in at this browser now, so they are not sent. Sign in as who checked them.'
      return
    }
    trouble = ''
    while (waiting.length > 0) {
      const check = waiting[0]
      const sent = await ask('/today/check', { method: 'POST', body: fields(page, check) })
      if (sent.answer.status >= 500 || sent.answer.status === 429) return
      const saved = sent.page.getElementById('round') !== null
      if (sent.answer.ok && !saved) {
        trouble = signedOut
        return
      }
      waiting.shift()
      if (!saved) {
        const why = sent.page.querySelector('main h1 ~ p')?.textContent ?? 'It was not saved.'
        trouble = `${check.name}: ${why} `
      }
      const list = saved ? sent : await ask(location.href)
      if (saved) history.replaceState(null, '', list.answer.url)
      take(list.page)
      page = document
      show()
    }
  } catch {
    // No network: what waits stays, and is tried again.
  } finally {
    sending = false
    show()
  }
}

if (round) {
  measure()
  addEventListener('resize', measure)
  round.querySelector('.app-round__ward--current')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  document.addEventListener('submit', (event) => {
    const button = event.submitter
    if (event.target.id !== 'check' || button?.name !== 'one') return
    event.preventDefault()
    const row = button.closest('.app-round__row')
    const rows = [...round.querySelectorAll('.app-round__row')]
    const name = row.querySelector('.app-round__number').textContent
    waiting.push({ reference: button.value, at: new Date(), key: key(), name })
    trouble = ''
    show()
    const next = rows[rows.indexOf(row) + 1] ?? row
    next.focus()
    send()
  })
  addEventListener('online', send)
  setInterval(send, wait)
  addEventListener('beforeunload', (event) => {
    if (waiting.length > 0) event.preventDefault()
  })
}
