package app

import (
	"log/slog"
	"net"
)

// CappedListener bounds a listener as the server's is, for tests from outside;
// no address is that of a proxy.
func CappedListener(l net.Listener, most int) net.Listener {
	return capped(l, most, func(net.IP) bool { return false }, slog.New(slog.DiscardHandler))
}
