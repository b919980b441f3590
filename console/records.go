package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/netwright/netwright/flow"
)

// records answers with the last records that a filter chooses, as a JSON array;
// or, when asked to follow, with those and all that come, as server-sent events.
func (c *Console) records(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	filter, err := ParseFilter(q)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	keep, err := filter.Matcher()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	count, err := number(q, "n", 100, flow.DefaultSize)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	most, err := number(q, "most", 0, 1e6)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if !q.Has("follow") && !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		writeArray(w, c.journal.Last(count, keep))
		return
	}
	select {
	case c.followers <- struct{}{}:
		defer func() { <-c.followers }()
	default:
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d already follow the records; one has to stop first", mostFollowers))
		return
	}
	f := &follower{w: w, control: http.NewResponseController(w), keep: keep, most: most}
	_ = f.control.SetReadDeadline(time.Time{}) // net/http takes its limit on a request for the client's end
	f.follow(r.Context(), c.journal, count)
}

// number reads a parameter that is a number up to most.
func number(q url.Values, name string, unset, most int) (int, error) {
	s := q.Get(name)
	if s == "" {
		return unset, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s: %q is not a number from 0 to %d", name, cut(s), most)
	}
	return n, nil
}

func writeArray(w http.ResponseWriter, records []flow.Record) {
	w.Header().Set("Content-Type", "application/json")
	out := []byte{'['}
	for i := range records {
		if i > 0 {
			out = append(out, ',', '\n')
		}
		out = records[i].AppendJSON(out)
		if len(out) > 32<<10 {
			if _, err := w.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
	}
	w.Write(append(out, ']', '\n'))
}

// follower sends records to one client as server-sent events: "record" with a
// record, "lost" with the number of those it did not get in time, "skipped"
// with the number of those beyond the most that it wants in a second.
type follower struct {
	w       http.ResponseWriter
	control *http.ResponseController
	keep    func(*flow.Record) bool
	most    int // a second, or 0 for all

	second  int64 // that sent is about
	sent    int
	skipped int
	lost    uint64 // told so far
	out     []byte
}

// heartbeat is how often a client hears something, so that both sides notice
// when the other is gone.
const heartbeat = 15 * time.Second

func (f *follower) follow(ctx context.Context, journal *flow.Journal, count int) {
	sub := journal.Subscribe("follower", flow.Queue{Size: 2000})
	defer sub.Close()
	last := journal.Last(count, f.keep)
	f.w.Header().Set("Content-Type", "text/event-stream")
	f.w.Header().Set("X-Accel-Buffering", "no") // for proxies in the manner of nginx
	f.out = append(f.out, "retry: 2000\n\n"...)
	for i := range last {
		f.record(&last[i])
	}
	if f.flush() != nil {
		return
	}
	// What was written between the two calls above is in both.
	known := map[flow.ID]bool{}
	for i := range last {
		known[last[i].ID] = true
	}
	records := make([]flow.Record, 128)
	for {
		beat, cancel := context.WithTimeout(ctx, heartbeat)
		n, _ := sub.Next(beat, records)
		cancel()
		if ctx.Err() != nil {
			return
		}
		now := time.Now().Unix()
		for i := range records[:n] {
			if r := &records[i]; f.keep(r) && !known[r.ID] && f.wanted(now) {
				f.record(r)
			}
		}
		f.tell(sub.Lost())
		if n == 0 {
			f.out = append(f.out, ": still here\n\n"...)
			known = nil
		}
		if len(f.out) > 0 && f.flush() != nil {
			return
		}
	}
}

// wanted counts a record and reports whether the client still wants it.
func (f *follower) wanted(second int64) bool {
	if f.second != second {
		f.second, f.sent = second, 0
	}
	if f.most > 0 && f.sent >= f.most {
		f.skipped++
		return false
	}
	f.sent++
	return true
}

func (f *follower) record(r *flow.Record) {
	f.out = append(f.out, "event: record\ndata: "...)
	f.out = append(r.AppendJSON(f.out), '\n', '\n')
}

func (f *follower) tell(lost uint64) {
	if lost > f.lost {
		f.out = fmt.Appendf(f.out, "event: lost\ndata: %d\n\n", lost-f.lost)
		f.lost = lost
	}
	if f.skipped > 0 {
		f.out = fmt.Appendf(f.out, "event: skipped\ndata: %d\n\n", f.skipped)
		f.skipped = 0
	}
}

// flush sends what is to be said, and gives a client that reads nothing ten
// seconds.
func (f *follower) flush() error {
	// Not every connection below has deadlines and buffers; those that have
	// neither need neither.
	_ = f.control.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := f.w.Write(f.out)
	f.out = f.out[:0]
	if err != nil {
		return err
	}
	_ = f.control.Flush()
	return nil
}
