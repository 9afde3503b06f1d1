package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"

	"homeward/internal/people"
)

// pace bounds the requests of each network address before everything that costs
// more than itself, and then of each person and program, so that a hospital behind
// one address is counted by its people.
type pace struct {
	// strangers are the addresses of requests that say nothing of who sends them, or
	// something that was not true; claims those that bring a session or a token, which
	// are looked up next; known the people and programs that they turn out to be.
	strangers, claims, known middleware.RateLimiterStore
}

// claimed is how many times as much an address may send whose requests bring a
// session or a token, as many people behind one address do.
const claimed = 10

// newPace makes a pace of so many requests a second, ten times as many at once;
// below zero there is no bound.
func newPace(perSecond float64) pace {
	if perSecond <= 0 {
		return pace{}
	}
	store := func(perSecond float64) middleware.RateLimiterStore {
		return middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
			Rate: rate.Limit(perSecond), Burst: int(10 * perSecond), ExpiresIn: 3 * time.Minute})
	}
	return pace{store(perSecond), store(claimed * perSecond), store(perSecond)}
}

func within(store middleware.RateLimiterStore, key string) bool {
	if store == nil {
		return true
	}
	ok, err := store.Allow(key)
	return ok && err == nil
}

// allows says whether one more request may come from the address; claims, whether
// it brings a session or a token that is yet to be looked up.
func (p pace) allows(r *http.Request, address string, claims bool) bool {
	// Files are held in memory and health checks come from the machine's own keeper.
	if fileOrHealth(r.URL.Path) {
		return true
	}
	if claims {
		return within(p.claims, neighbourhood(address))
	}
	return within(p.strangers, neighbourhood(address))
}

// allowsVisit says whether one more request may come from whom a request that
// brought a session or a token turned out to be from.
func (p pace) allowsVisit(v visit) bool {
	switch {
	case v.Actor.Kind == people.AProgram:
		return within(p.known, "token "+v.Actor.Token.ID)
	case v.Actor.Kind == people.AScreen:
		return within(p.known, "screen "+v.Actor.Token.ID)
	case v.Person.ID != 0:
		return within(p.known, "person "+strconv.FormatInt(v.Person.ID, 10))
	}
	return within(p.strangers, neighbourhood(v.Address))
}

// neighbourhood gives the network that one customer of a provider holds: an
// IPv4 address alone, or the half of an IPv6 address that is not theirs to
// choose.
func neighbourhood(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}
