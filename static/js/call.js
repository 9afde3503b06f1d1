// Keys of the weekly call's slides, as presenters and clickers send them. Each
// key follows a link that stands on the slide, so nothing here is needed to go
// from one slide to another, and nothing moves by itself.
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
  location.assign(link.href)
})
