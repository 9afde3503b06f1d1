// The ward round.
const round = document.getElementById('round')

// Headings of bays stay below the bar, whose height follows its words.
const measure = () => {
  const bar = round.querySelector('.app-round__bar')
  if (bar) document.documentElement.style.setProperty('--round-bar', `${bar.offsetHeight}px`)
}

if (round) {
  measure()
  addEventListener('resize', measure)
  round.querySelector('.app-round__ward--current')?.scrollIntoView({ block: 'nearest', inline: 'center' })
}
