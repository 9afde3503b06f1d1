package mail

import (
	"net"
	"testing"
	"time"

	"homeward/internal/config"
)

// A server that takes the connection and never answers is given up within the limit,
// and the message may be sent again.
func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, err := New(config.Mail{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Security: "none",
		From: "homeward@partnership.example"})
	if err != nil {
		t.Fatal(err)
	}
	if s.within <= 0 || s.within > time.Minute {
		t.Errorf("the limit is %s", s.within)
	}
	s.within = 200 * time.Millisecond
	done := make(chan error, 1)
	go func() {
		done <- s.Send(t.Context(), Message{ID: "1", To: "lead@partnership.example", At: time.Now(), Subject: "A pack", Body: "It is there."})
	}()
	select {
	case err := <-done:
		if err == nil || Lasting(err) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it waits still")
	}
}
