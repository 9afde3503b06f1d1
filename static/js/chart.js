// Makes a chart readable step by step. The server's drawing stands until a
// reader first steps or points; then the same definition is drawn by ECharts
// and a line marks the reading, whose values are written below. Nothing is
// shown that is not in the table, and nothing moves by itself. It also saves a
// chart as a picture.

let loading

// ECharts is a megabyte, so it is fetched when somebody first asks for a
// reading, and then once.
function echarts () {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = '/static/vendor/echarts/echarts.min.js'
    script.onload = () => resolve(window.echarts)
    script.onerror = () => reject(new Error('ECharts did not load'))
    document.head.append(script)
  })
  return loading
}

class Reading {
  constructor (figure) {
    this.data = JSON.parse(figure.querySelector('.app-chart__data').textContent)
    this.plot = figure.querySelector('.app-chart__plot')
    this.still = figure.querySelector('.app-chart__still')
    this.live = figure.querySelector('.app-chart__live')
    this.output = figure.querySelector('.app-chart__output')
    this.at = -1
    this.bar = figure.querySelector('.app-chart__reading')
    this.scroll = figure.querySelector('.app-chart__scroll')
    const stage = figure.querySelector('.app-chart__stage')
    for (const button of this.bar.querySelectorAll('[data-step]')) {
      button.addEventListener('click', () => this.step(Number(button.dataset.step)))
    }
    this.offer(figure.querySelector('.app-chart__by-step'))
    this.plot.addEventListener('pointerenter', (event) => {
      this.bar.hidden = false
      // A finger only scrolls past; it asks by the menu.
      if (event.pointerType === 'mouse') this.draw()
    })
    stage.addEventListener('pointerleave', () => this.rest(stage))
    stage.addEventListener('focusin', (event) => {
      // A press on the plot gives it the focus too, and is no wish to read on.
      if (event.target !== this.scroll || event.target.matches(':focus-visible')) this.bar.hidden = false
    })
    stage.addEventListener('focusout', (event) => {
      if (!stage.contains(event.relatedTarget)) this.bar.hidden = true
    })
    stage.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      if (by && !event.altKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault()
        this.bar.hidden = false
        this.step(by)
      } else if (event.key === 'Escape') this.bar.hidden = true
    })
    addEventListener('resize', () => this.fit())
  }

  // The menu leads to the buttons, for those who use neither arrow keys nor a
  // pointer on the plot.
  offer (item) {
    if (!item) return
    item.hidden = false
    item.querySelector('button').addEventListener('click', () => {
      item.closest('details').open = false
      this.bar.hidden = false
      this.bar.querySelector('[data-step="1"]').focus()
      this.step(1)
    })
  }

  rest (stage) {
    if (!stage.contains(document.activeElement)) this.bar.hidden = true
  }

  step (by) {
    const last = this.data.readings.length - 1
    // The first step of either kind goes to the latest reading of a series.
    const next = this.at < 0 ? (this.data.byValue ? 0 : last) : this.at + by
    this.show(Math.min(last, Math.max(0, next)))
  }

  async show (index) {
    this.at = index
    this.output.textContent = this.data.readings[index]
    // The arrows read, so the reading comes into sight by itself on a screen that
    // is narrower than the drawing.
    if (!this.data.byValue) {
      const part = index / Math.max(1, this.data.readings.length - 1)
      this.scroll.scrollLeft = part * (this.scroll.scrollWidth - this.scroll.clientWidth)
    }
    const chart = await this.draw()
    if (!chart) return
    const row = this.data.byValue ? this.data.readings.length - 1 - index : index
    chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: this.order(row, index) })
  }

  // A ranked chart may list its bars from the top or from the bottom.
  order (fromBottom, fromTop) {
    if (!this.data.byValue) return fromTop
    const axis = [this.data.option.yAxis].flat()[0] ?? {}
    return axis.inverse ? fromTop : fromBottom
  }

  // The drawing for a phone stands as it is: its values are read below it, and
  // a megabyte is not fetched for a mark.
  draw () {
    if (!this.still.offsetParent) return Promise.resolve()
    this.drawn ??= this.start().catch(() => null)
    return this.drawn
  }

  async start () {
    const lib = await echarts()
    this.live.hidden = false
    const { width, height } = this.data
    this.live.style.width = `${width}px`
    this.live.style.height = `${height}px`
    const chart = lib.init(this.live, null, { renderer: 'canvas', width, height, devicePixelRatio: Math.max(2, window.devicePixelRatio) })
    // The mark of the reading lies behind the blocks, so that it never changes
    // their colours.
    const { tooltip = {} } = this.data.option
    const axisPointer = { ...tooltip.axisPointer, z: 0, shadowStyle: { color: 'rgba(33, 43, 50, 0.16)' } }
    chart.setOption({ ...this.data.option, animation: false, tooltip: { ...tooltip, axisPointer } })
    chart.on('updateAxisPointer', (event) => {
      const axis = event.axesInfo?.find((info) => this.data.byValue ? info.axisDim === 'y' : info.axisDim === 'x')
      if (!axis) return
      const index = this.data.byValue ? this.order(this.data.readings.length - 1 - axis.value, axis.value) : axis.value
      if (index === this.at || !this.data.readings[index]) return
      this.at = index
      this.output.textContent = this.data.readings[index]
    })
    this.chart = chart
    this.fit()
    return chart
  }

  // The live drawing keeps the size it was laid out for, and is scaled as the
  // server's is, so that nothing jumps when one takes the other's place.
  fit () {
    if (!this.chart) return
    const scale = this.plot.clientWidth / this.data.width
    this.live.style.transformOrigin = '0 0'
    this.live.style.transform = `scale(${scale})`
  }
}

// The picture that is saved: the server's drawing with the words around it, so
// that a copied chart cannot lose what it counts, where it is from and how old
// it is. It is twice the drawing's size, for paper and projectors.
const twice = 2

async function picture (figure) {
  const svg = figure.querySelector('.app-chart__still svg')
  const [, , width, height] = svg.getAttribute('viewBox').split(/[\s,]+/).map(Number)
  const font = width > 800 ? 16 : 14
  const pad = font * 1.4
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d')
  const lines = []
  let y = pad
  const add = (element, size, weight = 'normal') => {
    pen.font = `${weight} ${size}px Arial, Helvetica, sans-serif`
    for (const words of wrapped(pen, (element?.textContent ?? '').replace(/\s+/g, ' ').trim(), width)) {
      y += size * 1.3
      lines.push({ words, font: pen.font, y: y - size * 0.3 })
    }
  }
  add(figure.querySelector('.app-chart__title'), font * 1.35, 'bold')
  y += font * 0.35
  add(figure.querySelector('.app-chart__of') ?? figure.querySelector('.app-chart__subtitle'), font)
  y += font * 0.9
  const top = y
  y += height + font * 0.6
  const notes = figure.querySelectorAll('.app-chart__note')
  for (const note of notes) add(note, font * 0.86)
  // What the drawing leaves out, without the link to it; the line of the latest
  // readings is about the drawing for a phone.
  add(figure.querySelector('.app-chart__cut')?.firstChild, font * 0.86)
  if (!notes.length) add(figure.querySelector('.app-chart__foot:not(.app-chart__cut, .app-chart__latest)'), font * 0.86)
  add(figure.querySelector('.app-chart__counts'), font * 0.86)
  add(figure.querySelector('.app-chart__source'), font * 0.86)

  canvas.width = Math.round(twice * (width + 2 * pad))
  canvas.height = Math.round(twice * (y + pad))
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.scale(twice, twice)
  pen.fillStyle = '#212b32'
  for (const line of lines) {
    pen.font = line.font
    pen.fillText(line.words, pad, line.y)
  }
  const still = svg.cloneNode(true)
  still.setAttribute('width', twice * width)
  still.setAttribute('height', twice * height)
  const image = new Image()
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(still))
  await image.decode()
  pen.drawImage(image, pad, top, width, height)
  return await new Promise((resolve, reject) => canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error('no picture')),
    'image/png'))
}

// Breaks words into lines that fit, a word that is too long among them.
function wrapped (pen, words, width) {
  const out = []
  let line = ''
  for (let word of words.split(' ')) {
    const longer = line ? `${line} ${word}` : word
    if (pen.measureText(longer).width <= width) {
      line = longer
      continue
    }
    if (line) out.push(line)
    while (pen.measureText(word).width > width) {
      let n = word.length - 1
      while (n > 1 && pen.measureText(word.slice(0, n)).width > width) n--
      out.push(word.slice(0, n))
      word = word.slice(n)
    }
    line = word
  }
  if (line) out.push(line)
  return out
}

function offerPicture (figure) {
  const offer = figure.querySelector('.app-chart__picture')
  if (!offer || !figure.querySelector('.app-chart__still svg')) return
  const button = offer.querySelector('button')
  const said = offer.querySelector('output')
  offer.hidden = false
  button.addEventListener('click', async () => {
    said.textContent = ''
    try {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(await picture(figure))
      link.download = `homeward-${figure.id}.png`
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 60000)
      said.textContent = 'Picture saved'
    } catch {
      said.textContent = 'The picture could not be made. Print the page, or use its SVG.'
    }
  })
}

// A Data menu closes when something in it, or something else, is chosen.
function closeMenus (except) {
  for (const menu of document.querySelectorAll('.app-data[open]')) if (menu !== except) menu.open = false
}

document.addEventListener('click', (event) => {
  const menu = event.target.closest('.app-data')
  closeMenus(event.target.closest('.app-data__menu a') ? null : menu)
})

document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && document.activeElement?.closest('.app-data[open]')
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
})

for (const figure of document.querySelectorAll('.app-chart')) {
  if (figure.querySelector('.app-chart__data')) new Reading(figure)
  offerPicture(figure)
}
