// Starts the behaviour of nhsuk-frontend. The package prints this class from an
// inline script; here it stands in a file so that the content security policy
// needs no exception.
import { initAll } from '/static/vendor/nhsuk/nhsuk-frontend.min.js'

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported')
initAll()

// The header puts its links in anew whenever its width changes, once also after
// the page has come, and who stood on one would lose their place (WCAG 2.4.3).
// Asked for after the header's own, this frame follows its.
const links = document.querySelector('.nhsuk-header__navigation')
addEventListener('resize', () => {
  const at = document.activeElement
  if (!links?.contains(at)) return
  requestAnimationFrame(() => {
    if (document.activeElement === at) return
    const menu = links.querySelector('.nhsuk-header__menu-toggle')
    const there = at.checkVisibility() ? at : menu
    there?.focus({ preventScroll: true })
  })
})

// A button beside each fixed link, and beside what is shown once, copies it;
// without scripts the text itself is shown and the button stays hidden.
for (const button of document.querySelectorAll('[data-app-copy]')) {
  const link = document.getElementById(button.dataset.appCopy)
  const said = document.getElementById(`${button.dataset.appCopy}-said`)
  if (!link || !navigator.clipboard) continue
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link.href ?? link.textContent)
      if (said) said.textContent = link.href ? 'Link copied' : 'Copied'
    } catch {
      if (said) said.textContent = 'It could not be copied. Select it and copy it.'
    }
  })
}

// A button beside a table copies it as cells, so that a spreadsheet or a mail
// takes it as a table. What a phone shows short is copied whole; drawings and
// bars have no cells.
for (const button of document.querySelectorAll('[data-app-copy-table]')) {
  const table = document.getElementById(button.dataset.appCopyTable)
  const said = document.getElementById(`${button.dataset.appCopyTable}-said`)
  if (!table || !navigator.clipboard) continue
  const words = (cell) => {
    const copy = cell.cloneNode(true)
    for (const part of copy.querySelectorAll('svg, .app-crosstab__short, .app-crosstab__size')) part.remove()
    return copy.textContent.replace(/\s+/g, ' ').trim()
  }
  button.hidden = false
  button.addEventListener('click', async () => {
    const rows = [...table.rows].map((row) => [...row.cells].filter((cell) => !cell.classList.contains('app-crosstab__bar') &&
      !cell.classList.contains('app-crosstab__drawn')).map(words).join('\t'))
    try {
      await navigator.clipboard.writeText(rows.join('\n'))
      if (said) said.textContent = 'Copied'
    } catch {
      if (said) said.textContent = 'It could not be copied. Select it and copy it.'
    }
  })
}

// Radios with a key each: while the keyboard is on one of a group, its keys choose
// in it. Elsewhere the keys do nothing (WCAG 2.1.4).
for (const radio of document.querySelectorAll('input[type="radio"][aria-keyshortcuts]')) {
  for (const key of radio.labels[0].getElementsByTagName('kbd')) key.hidden = false
  radio.closest('fieldset').addEventListener('keydown', (event) => {
    if (event.key !== radio.getAttribute('aria-keyshortcuts') || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    radio.checked = true
    radio.focus()
    radio.dispatchEvent(new Event('change', { bubbles: true }))
  })
}

// Choosing in a list of the others chooses "another", and choosing one of the
// usual ones empties the list, so that a form never says two things.
for (const list of document.querySelectorAll('[data-app-chooses]')) {
  const another = document.getElementById(list.dataset.appChooses)
  if (!another) continue
  list.addEventListener('change', () => { another.checked = list.value !== '' || another.checked })
  another.closest('fieldset').addEventListener('change', () => { if (!another.checked) list.value = '' })
}

// A long list of choices is found by typing a part of any of its words. Without
// scripts the field stays hidden, and the list has its groups.
for (const field of document.querySelectorAll('[data-app-find]')) {
  const list = document.getElementById(field.dataset.appFind)
  const said = document.getElementById(`${field.dataset.appFind}-found`)
  if (!list) continue
  field.parentElement.hidden = false
  const shown = (option, yes) => {
    option.hidden = !yes
    option.disabled = !yes
  }
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
    const found = new Map()
    for (const option of list.options) {
      const text = `${option.parentElement.label ?? ''} ${option.textContent}`.toLowerCase()
      const yes = words.every((word) => text.includes(word))
      shown(option, yes || !option.value)
      if (yes && option.value) found.set(option.value, option)
    }
    for (const group of list.querySelectorAll('optgroup')) {
      group.hidden = ![...group.children].some((option) => !option.hidden)
    }
    if (words.length === 0) {
      said.textContent = ''
      return
    }
    const [first] = found.values()
    if (first) {
      first.selected = true
      list.dispatchEvent(new Event('change'))
    }
    said.textContent = found.size === 1 ? `Found: ${first.textContent}` : `${found.size} found`
  })
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
    event.preventDefault()
    list.focus()
  })
}

// What saving will record follows what is chosen. The choices hold the words.
for (const said of document.querySelectorAll('[data-app-preview]:not([data-app-preview=""])')) {
  const name = said.dataset.appPreview
  const otherwise = said.textContent
  const fields = document.querySelectorAll(`[name="${name}"], [name="other-${name}"]`)
  const say = () => {
    const chosen = [...fields].map((field) => field.selectedOptions?.[0] ?? (field.checked ? field : null))
      .find((one) => one?.dataset.appSays)
    said.textContent = chosen?.dataset.appSays ?? otherwise
  }
  for (const field of fields) field.form.addEventListener('change', say)
  say()
}

// The address of something in a part that is closed opens the part, where the
// browser does not by itself.
function openTarget () {
  const at = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  const part = at && at.closest('details:not([open])')
  if (!part) return
  part.open = true
  at.scrollIntoView()
}
addEventListener('hashchange', openTarget)
openTarget()
