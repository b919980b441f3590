package wire

import "time"

// quantum is the time whose packets may go in one batch: what is less than it
// apart is sent together, so that a wake-up serves several packets.
const quantum = 250 * time.Microsecond

// pace says when packets are due. It keeps to a schedule rather than to gaps:
// packet k is due k/rate after the begin, so being late for one does not delay
// the rest, and the rate holds over time. Who is later than the limit allows
// gets the excess off: a long stall is not followed by a long flood.
type pace struct {
	rate     float64
	burst    int
	interval float64       // nanoseconds between packets; 0: no limit
	begin    time.Duration // of the schedule
	sent     float64       // packets, since begin
	limit    time.Duration // of lateness
	slipped  time.Duration // excess lateness, taken off
	least    int           // packets in a batch when on time
	most     int           // packets in a batch
}

// newPace makes a schedule that begins at now. burst is how many packets may be
// made up for at once, 0 for what is due in 50 ms.
func newPace(rate float64, burst, most int, now time.Duration) *pace {
	p := &pace{burst: burst, most: most}
	p.change(rate, now)
	return p
}

// change makes a new schedule that begins at now.
func (p *pace) change(rate float64, now time.Duration) {
	p.rate, p.begin, p.sent = rate, now, 0
	p.interval, p.limit, p.least = 0, 0, p.most
	if rate <= 0 {
		return
	}
	p.interval = float64(time.Second) / rate
	p.limit = 50 * time.Millisecond
	if p.burst > 0 {
		p.limit = time.Duration(float64(p.burst) * p.interval)
	}
	p.least = min(max(int(float64(quantum)/p.interval), 1), p.most)
}

// due is when the next packet may go.
func (p *pace) due() time.Duration {
	return p.begin + time.Duration(p.sent*p.interval)
}

// count says how many packets to send in the next batch: more than usual when
// late.
func (p *pace) count(now time.Duration) int {
	if p.interval == 0 {
		return p.most
	}
	late := now - p.due()
	if late > p.limit {
		p.begin += late - p.limit
		p.slipped += late - p.limit
		late = p.limit
	}
	return min(max(int(float64(late)/p.interval)+1, p.least), p.most)
}

// done counts packets that went.
func (p *pace) done(n int) { p.sent += float64(n) }

// precise says that packets go one by one and each should go on time, for which
// it is worth to wait busily in the end.
func (p *pace) precise() bool { return p.least == 1 }
