// Keys of the weekly call's slides, as presenters and clickers send them. Each
// key follows a link that stands on the slide, so nothing here is needed to go
// from one slide to another. Nothing moves by itself but by somebody's press: a
// wall follows the remotes of its call.
const links = {
  ArrowRight: 'next', PageDown: 'next', ArrowLeft: 'prev', PageUp: 'prev', Home: 'first', End: 'last', Escape: 'all'
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  // In a field the keys move the cursor, and what was typed must not be lost.
  if (event.target.closest?.('input, select, textarea')) return
  const link = document.querySelector(`[data-call="${links[event.key]}"]`)
  if (!link) return
  event.preventDefault()
  pressed(link)
  location.assign(link.href)
})

const wall = document.querySelector('main')
const { follow, at, slide, press } = wall.dataset
const dark = () => new URLSearchParams(location.search).get('theme') === 'dark'

// Where a remote is about, what the presenter turns counts as a press like any
// other; the last one stands.
function pressed (link) {
  const to = new URL(link.href)
  const number = to.pathname.split('/').pop()
  if (!press || !/^\d$/.test(number)) return
  const body = new URLSearchParams({ slide: number, theme: to.searchParams.get('theme') ?? 'light' })
  fetch(press, { method: 'POST', body, keepalive: true }).catch(() => {})
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-call]')
  if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) pressed(link)
})

// What is being typed stays: a slide with a form in use is not turned.
let typing = document.querySelector('.app-wall__errors, #change') !== null
addEventListener('input', () => { typing = true })
const inUse = () => typing || document.activeElement?.matches('main :is(input, select, textarea)')

let seen = Number(wall.dataset.turn)

function turnTo (turned) {
  if (turned.turn === seen || turned.turn === 0 || inUse()) return
  seen = turned.turn
  const toDark = turned.theme ? turned.theme === 'dark' : dark()
  if (String(turned.slide) === slide && toDark === dark()) return
  location.replace(`${at}/${turned.slide}${toDark ? '?theme=dark' : ''}`)
}

async function look () {
  let wait = 1500
  try {
    const answer = await fetch(follow, { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    if (answer.status === 401 || answer.status === 403) return // The session is over; the slide stays.
    if (answer.ok) turnTo(await answer.json())
    else wait = 10000
  } catch {
    wait = 5000
  }
  setTimeout(look, wait)
}

if (follow) setTimeout(look, 1500)
