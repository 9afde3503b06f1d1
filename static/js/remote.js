// The remote of the weekly call: shows what another remote, or the presenter, has
// turned to meanwhile. Its buttons are those of a form and need no script.
const turn = document.querySelector('main').dataset.turn

async function look () {
  let wait = 2000
  try {
    const answer = await fetch('/remote.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    if (answer.status === 401 || answer.status === 403) return location.reload() // Its day is over, or it was revoked.
    if (!answer.ok) wait = 10000
    else if (String((await answer.json()).turn) !== turn) return location.replace('/remote')
  } catch {
    wait = 5000 // Without a network there is nothing new to show.
  }
  setTimeout(look, wait)
}

setTimeout(look, 2000)
