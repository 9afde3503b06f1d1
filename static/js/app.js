// Starts the behaviour of nhsuk-frontend. The package prints this class from an
// inline script; here it stands in a file so that the content security policy
// needs no exception.
import { initAll } from '/static/vendor/nhsuk/nhsuk-frontend.min.js'

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported')
initAll()

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
