// Makes a chart readable step by step. The server's drawing stands until a
// reader first steps or points; then the same definition is drawn by ECharts
// and a line marks the reading, whose values are written below. Nothing is
// shown that is not in the table, and nothing moves by itself.

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
    const bar = figure.querySelector('.app-chart__reading')
    bar.hidden = false
    for (const button of bar.querySelectorAll('[data-step]')) {
      button.addEventListener('click', () => this.step(Number(button.dataset.step)))
    }
    this.plot.addEventListener('pointerenter', () => this.draw(), { once: true })
    addEventListener('resize', () => this.fit())
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

  draw () {
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

for (const figure of document.querySelectorAll('.app-chart')) {
  if (figure.querySelector('.app-chart__data')) new Reading(figure)
}
