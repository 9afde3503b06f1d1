package chart

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"

	"homeward/internal/problem"
)

// optionLimit bounds the option that one drawing may have, in bytes: ten years
// by day are a tenth of it.
const optionLimit = 2 << 20

// drawLimit bounds the time of one drawing. Ten years by day take under a
// second here; this is for the machine that is far slower or very busy.
const drawLimit = 30 * time.Second

// recycleAfter is the number of drawings after which a machine is let go, so
// that nothing that ECharts keeps can grow for ever.
const recycleAfter = 2000

// Renderer draws charts as SVG on the server, without a browser, by running
// ECharts in a small pool of JavaScript machines. It is safe for concurrent
// use. A machine is made when first needed and holds about 20 MB.
type Renderer struct {
	js   []byte
	once sync.Once
	// program is ECharts compiled; every machine runs the same one.
	program *goja.Program
	err     error
	// pool holds a place for each machine; a nil place is a machine not made yet.
	pool chan *machine
	kept kept
	// making are the drawings that are being made, each with what is closed at its end.
	mu     sync.Mutex
	making map[drawingKey]chan struct{}
	// limit bounds the time of one drawing.
	limit time.Duration
}

// keepLimit is how many drawings are kept. The same chart is asked for by page,
// print, mail and every reader, and drawing it is the dear part.
const keepLimit = 128

// kept holds the latest drawings by what they were drawn from, which decides
// them whole: a kept drawing is never stale.
type kept struct {
	sync.Mutex
	limit int
	svg   map[drawingKey]string
	order []drawingKey
}

type drawingKey struct {
	option        [sha256.Size]byte
	width, height int
}

func (k *kept) get(key drawingKey) (string, bool) {
	k.Lock()
	defer k.Unlock()
	svg, ok := k.svg[key]
	return svg, ok
}

// put keeps a drawing and lets the oldest go when there are too many.
func (k *kept) put(key drawingKey, svg string) {
	k.Lock()
	defer k.Unlock()
	if _, ok := k.svg[key]; ok || k.limit == 0 {
		return
	}
	if len(k.order) >= k.limit {
		delete(k.svg, k.order[0])
		k.order = append(k.order[:0:0], k.order[1:]...)
	}
	k.svg[key] = svg
	k.order = append(k.order, key)
}

// NewRenderer makes a renderer from the text of ECharts 5.6.0's echarts.min.js
// with at most size drawings at once, 1 at least. The text is compiled when the
// first chart is drawn, or by Warm.
func NewRenderer(echartsJS []byte, size int) *Renderer {
	r := &Renderer{
		js: echartsJS, pool: make(chan *machine, max(1, size)),
		kept: kept{limit: keepLimit, svg: map[drawingKey]string{}}, making: map[drawingKey]chan struct{}{}, limit: drawLimit,
	}
	for range cap(r.pool) {
		r.pool <- nil
	}
	return r
}

// Fingerprint names the drawing machinery, for keys of stored drawings: it
// changes when ECharts does.
func (r *Renderer) Fingerprint() string {
	sum := sha256.Sum256(r.js)
	return hex.EncodeToString(sum[:6])
}

// Warm makes one machine ready, so that the first reader does not wait for it
// and a damaged echarts.min.js is found at the start.
func (r *Renderer) Warm(ctx context.Context) error {
	m, err := r.take(ctx)
	if err != nil {
		return err
	}
	r.pool <- m
	return nil
}

// SVG draws the chart's plot as an SVG element that may stand in a page under a
// content security policy without inline styles: it has a view box and fills
// its container's width, and holds no style, script, link or class. Title,
// subtitle and table stand around it on the page.
func (r *Renderer) SVG(ctx context.Context, c Chart) ([]byte, error) {
	raw, err := r.raw(ctx, c)
	if err != nil {
		return nil, err
	}
	return inline(raw, c)
}

// StandaloneSVG draws the chart as a whole picture: title, subtitle, plot,
// notes, definition and source inside the image, so that a copied chart cannot
// lose them.
func (r *Renderer) StandaloneSVG(ctx context.Context, c Chart) ([]byte, error) {
	raw, err := r.raw(ctx, c)
	if err != nil {
		return nil, err
	}
	return standalone(raw, c)
}

// raw is the SVG as ECharts writes it.
func (r *Renderer) raw(ctx context.Context, c Chart) (string, error) {
	if len(c.Option) == 0 || c.Width <= 0 || c.Height <= 0 {
		return "", problem.New(problem.Internal, "chart %q has nothing to draw", c.ID)
	}
	if len(c.Option) > optionLimit {
		return "", problem.New(problem.Invalid, "This chart has too many points to draw (%d kB; up to %d kB can be drawn). Choose a shorter "+
			"period or a longer step.", len(c.Option)>>10, optionLimit>>10)
	}
	key := drawingKey{option: sha256.Sum256(c.Option), width: c.Width, height: c.Height}
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	for {
		if svg, ok := r.kept.get(key); ok {
			return svg, nil
		}
		end, others := r.mine(key)
		if end != nil {
			defer end()
			break
		}
		// A page that many people have open is asked for by all of them when its
		// figures change.
		select {
		case <-others:
		case <-ctx.Done():
			return "", unavailable(ctx.Err())
		}
	}
	m, err := r.take(ctx)
	if err != nil {
		return "", err
	}
	svg, err := m.draw(ctx, c)
	if err != nil || m.drawn >= recycleAfter {
		// An interrupted machine may hold half a chart.
		m = nil
	}
	r.pool <- m
	if err == nil {
		r.kept.put(key, svg)
	}
	return svg, err
}

// mine gives what to call at the end of a drawing that nobody makes yet, else nil and
// what is closed when it has been made, or could not be.
func (r *Renderer) mine(key drawingKey) (end func(), others <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if others, ok := r.making[key]; ok {
		return nil, others
	}
	done := make(chan struct{})
	r.making[key] = done
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.making, key)
		close(done)
	}, nil
}

// take waits for a place in the pool and gives its machine, made if need be.
func (r *Renderer) take(ctx context.Context) (*machine, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	var m *machine
	select {
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	case m = <-r.pool:
	}
	if m != nil {
		return m, nil
	}
	r.once.Do(func() {
		r.program, r.err = goja.Compile("echarts.min.js", string(r.js), false)
	})
	err := r.err
	if err == nil {
		m, err = newMachine(r.program)
	}
	if err != nil {
		r.pool <- nil
		return nil, problem.Wrap(err, problem.Unavailable, "Charts cannot be drawn: ECharts 5.6.0 was expected in "+
			"static/vendor/echarts/echarts.min.js and could not be run. Run npm ci and npm run build")
	}
	return m, nil
}

func unavailable(cause error) error {
	return problem.Wrap(cause, problem.Unavailable, "The chart was not drawn in time. Its table has the same numbers.")
}

// machine is one JavaScript machine with ECharts loaded. It serves one drawing
// at a time.
type machine struct {
	vm    *goja.Runtime
	call  goja.Callable
	drawn int
}

// before gives ECharts the few things of a browser that it asks for. Nothing
// is ever run later: with animation off, ECharts draws at once.
const before = `
var setTimeout = function () { return 0 }, clearTimeout = function () {};
var setInterval = setTimeout, clearInterval = clearTimeout;
var requestAnimationFrame = setTimeout, cancelAnimationFrame = clearTimeout;
var console = { log: function () {}, warn: function () {}, error: function () {} };
`

// after holds the one function that is called. Text is measured by Go, so that
// ECharts and the code that leaves room for words agree.
const after = `
echarts.setPlatformAPI({ measureText: function (text, font) {
	var size = /([0-9.]+)px/.exec(font || '');
	return { width: homewardTextWidth(String(text), size ? +size[1] : 12) };
} });
(function (option, width, height) {
	var chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: width, height: height });
	try {
		chart.setOption(JSON.parse(option));
		return chart.renderToSVGString();
	} finally {
		chart.dispose();
	}
})
`

func newMachine(program *goja.Program) (*machine, error) {
	vm := goja.New()
	if err := vm.Set("homewardTextWidth", textWidth); err != nil {
		return nil, err
	}
	if _, err := vm.RunString(before); err != nil {
		return nil, err
	}
	if _, err := vm.RunProgram(program); err != nil {
		return nil, err
	}
	value, err := vm.RunString(after)
	if err != nil {
		return nil, err
	}
	call, ok := goja.AssertFunction(value)
	if !ok {
		return nil, fmt.Errorf("the drawing function is not a function")
	}
	return &machine{vm: vm, call: call}, nil
}

func (m *machine) draw(ctx context.Context, c Chart) (svg string, err error) {
	m.drawn++
	defer func() {
		// A panic inside the machine must not cost the pool a place.
		if p := recover(); p != nil {
			err = problem.New(problem.Internal, "chart %q could not be drawn: %v", c.ID, p)
		}
	}()
	stop := context.AfterFunc(ctx, func() { m.vm.Interrupt(ctx.Err()) })
	value, err := m.call(goja.Undefined(), m.vm.ToValue(string(c.Option)), m.vm.ToValue(c.Width), m.vm.ToValue(c.Height))
	if !stop() {
		// The interrupt may still come, whatever the drawing gave.
		return "", unavailable(ctx.Err())
	}
	if err != nil {
		return "", problem.Wrap(err, problem.Internal, "chart %q could not be drawn", c.ID)
	}
	return value.String(), nil
}
