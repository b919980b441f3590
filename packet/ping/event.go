package ping

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
)

// Kind is what became of a request.
type Kind uint8

// The kinds of [Event].
const (
	Reply     Kind = iota // the first answer
	Duplicate             // one more answer to the same request
	Late                  // an answer after the timeout; the request stays lost
	Timeout               // no answer in time
	Failed                // an ICMP error came, or the request could not be sent
)

func (k Kind) String() string {
	names := [...]string{"reply", "duplicate", "late", "timeout", "failed"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is what became of a request.
type Event struct {
	Kind   Kind
	Target int // index of the target
	Seq    int // number of the request to this target, from 1
	Time   time.Time
	// RTT is the time from sending to arrival: of Reply, Duplicate and Late, and
	// of an ICMP error that came from elsewhere.
	RTT  time.Duration
	From netip.Addr // who answered; not valid for Timeout, nor where this host failed
	TTL  int        // of the answer when it came
	Size int        // of the answer: bytes from the ICMP header on
	// Err is why it failed: an [*ICMPError], or what the kernel says.
	Err error
}

// String is a line as ping(8) has it, without the target.
func (e Event) String() string {
	switch e.Kind {
	case Timeout:
		return fmt.Sprintf("seq=%d no answer", e.Seq)
	case Failed:
		if e.From.IsValid() {
			return fmt.Sprintf("from %v: seq=%d %v", e.From, e.Seq, e.Err)
		}
		return fmt.Sprintf("seq=%d %v", e.Seq, e.Err)
	}
	note := map[Kind]string{Duplicate: " (duplicate)", Late: " (late)"}[e.Kind]
	return fmt.Sprintf("%d bytes from %v: seq=%d ttl=%d time=%s%s", e.Size, e.From, e.Seq, e.TTL, Milliseconds(e.RTT), note)
}

// Milliseconds writes a round-trip time with three digits or to the
// microsecond: "0.042 ms", "12.3 ms".
func Milliseconds(d time.Duration) string {
	ms := float64(d) / 1e6
	switch {
	case ms < 10:
		return fmt.Sprintf("%.3f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Stats are of one target.
type Stats struct {
	Sent       int // requests, with those that could not be sent
	Received   int // requests that were answered in time
	Lost       int // requests that were not; the rest still waits
	Failed     int // of the lost: those about which an error came
	Duplicates int
	LateOnes   int
	Min, Max   time.Duration
	Last       time.Duration // the latest round trip
	Err        error         // the latest error
	mean, dev  float64       // Welford's method: of the round trips, in ns
}

func (s *Stats) add(rtt time.Duration) {
	s.Received++
	if s.Received == 1 || rtt < s.Min {
		s.Min = rtt
	}
	s.Max, s.Last = max(s.Max, rtt), rtt
	delta := float64(rtt) - s.mean
	s.mean += delta / float64(s.Received)
	s.dev += delta * (float64(rtt) - s.mean)
}

// Mean is the average round trip.
func (s Stats) Mean() time.Duration { return time.Duration(s.mean) }

// Deviation is the standard deviation of the round trips: ping's mdev.
func (s Stats) Deviation() time.Duration {
	if s.Received == 0 {
		return 0
	}
	return time.Duration(math.Sqrt(s.dev / float64(s.Received)))
}

// Loss is the share of requests that were lost, from 0 to 1, of those whose
// end is known.
func (s Stats) Loss() float64 {
	if known := s.Received + s.Lost; known > 0 {
		return float64(s.Lost) / float64(known)
	}
	return 0
}

// String are ping's last lines in one: "3 sent, 3 received, 0% loss, min/avg/max/mdev 0.031/0.042/0.058/0.011 ms".
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d sent, %d received", s.Sent, s.Received)
	for _, more := range []struct {
		n    int
		what string
	}{{s.Duplicates, "duplicates"}, {s.LateOnes, "late"}, {s.Failed, "errors"}} {
		if more.n > 0 {
			fmt.Fprintf(&b, ", %d %s", more.n, more.what)
		}
	}
	fmt.Fprintf(&b, ", %.3g%% loss", 100*s.Loss())
	if s.Received > 0 {
		ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
		fmt.Fprintf(&b, ", min/avg/max/mdev %.3f/%.3f/%.3f/%.3f ms", ms(s.Min), ms(s.Mean()), ms(s.Max), ms(s.Deviation()))
	}
	return b.String()
}
