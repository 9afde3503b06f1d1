package web

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"
)

// pace bounds the requests of each network address. It stands before everything
// that costs more than itself: before sessions are looked up and tokens checked.
type pace struct{ store middleware.RateLimiterStore }

// newPace makes a pace of so many requests a second, ten times as many at once;
// below zero there is no bound.
func newPace(perSecond float64) pace {
	if perSecond <= 0 {
		return pace{}
	}
	return pace{middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
		Rate: rate.Limit(perSecond), Burst: int(10 * perSecond), ExpiresIn: 3 * time.Minute})}
}

// allows says whether one more request may come from the address.
func (p pace) allows(r *http.Request, address string) bool {
	// Files are held in memory and health checks come from the machine's own keeper.
	if p.store == nil || fileOrHealth(r.URL.Path) {
		return true
	}
	ok, err := p.store.Allow(neighbourhood(address))
	return ok && err == nil
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
