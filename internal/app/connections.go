package app

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// mostConnections bounds the connections that the server holds at once, and
	// mostOfOne those of one network address: a hospital's people come from one,
	// with several connections each.
	mostConnections = 1000
	mostOfOne       = 500
)

// connections is a listener that holds a bounded number of connections. At the
// bound others wait to be let in; an address that has its share is turned away.
type connections struct {
	net.Listener
	places chan struct{}
	// shared says that a network address stands for many, as a proxy's does.
	shared func(net.IP) bool
	log    *slog.Logger

	mu   sync.Mutex
	of   map[string]int
	said time.Time
}

func capped(l net.Listener, most int, shared func(net.IP) bool, log *slog.Logger) *connections {
	return &connections{Listener: l, places: make(chan struct{}, most), shared: shared, log: log, of: map[string]int{}}
}

// Accept waits for a place, then for a connection.
func (c *connections) Accept() (net.Conn, error) {
	for {
		select {
		case c.places <- struct{}{}:
		default:
			if c.mayWarn() {
				c.log.Warn("all connections are in use; others wait", "most", cap(c.places))
			}
			c.places <- struct{}{}
		}
		conn, err := c.Listener.Accept()
		if err != nil {
			<-c.places
			return nil, err
		}
		address := addressOf(conn)
		if c.enter(address) {
			return &connection{Conn: conn, leave: sync.OnceFunc(func() { c.leave(address) })}, nil
		}
		_ = conn.Close()
		<-c.places
		if c.mayWarn() {
			c.log.Warn("one network address holds all the connections that it may; more are turned away", "most", c.share())
		}
	}
}

func addressOf(conn net.Conn) net.IP {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.IP
	}
	return nil
}

func (c *connections) share() int { return min(mostOfOne, max(1, cap(c.places)/2)) }

func (c *connections) enter(address net.IP) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[address.String()] >= c.share() && !c.shared(address) {
		return false
	}
	c.of[address.String()]++
	return true
}

func (c *connections) leave(address net.IP) {
	c.mu.Lock()
	if c.of[address.String()]--; c.of[address.String()] <= 0 {
		delete(c.of, address.String())
	}
	c.mu.Unlock()
	<-c.places
}

// mayWarn says whether to warn now: at most once a minute.
func (c *connections) mayWarn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	quiet := now.Sub(c.said) < time.Minute
	if !quiet {
		c.said = now
	}
	return !quiet
}

// crowded says that three quarters of the places are taken.
func (c *connections) crowded() bool { return len(c.places) >= max(1, cap(c.places)*3/4) }

// idle ends connections that wait for a next request while places are short. It
// is the server's ConnState.
func (c *connections) idle(conn net.Conn, state http.ConnState) {
	if state == http.StateIdle && c.crowded() {
		_ = conn.Close()
	}
}

// connection gives its place back when it is closed.
type connection struct {
	net.Conn
	leave func()
}

func (c *connection) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}
