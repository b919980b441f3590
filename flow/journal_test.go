package flow

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// numbered returns a record that says n.
func numbered(n int) *Record {
	var r Record
	r.Begin(Request, noon)
	r.BytesIn = int64(n)
	r.SetString(Path, fmt.Sprint("/", n))
	return &r
}

func numbers(records []Record) []int64 {
	var ns []int64
	for _, r := range records {
		ns = append(ns, r.BytesIn)
	}
	return ns
}

func TestLast(t *testing.T) {
	j := NewJournal(4)
	if got := j.Last(10, nil); len(got) != 0 {
		t.Errorf("an empty journal gave %v", numbers(got))
	}
	for n := range 10 {
		j.Write(numbered(n))
	}
	even := func(r *Record) bool { return r.BytesIn%2 == 0 }
	for _, test := range []struct {
		n    int
		keep func(*Record) bool
		want string
	}{{2, nil, "[8 9]"}, {100, nil, "[6 7 8 9]"}, {100, even, "[6 8]"}, {1, even, "[8]"}, {0, nil, "[]"}} {
		if got := fmt.Sprint(numbers(j.Last(test.n, test.keep))); got != test.want {
			t.Errorf("Last(%d): %s, want %s", test.n, got, test.want)
		}
	}
	if j.Last(1, nil)[0].Get(Path) != "/9" || j.Written() != 10 {
		t.Error("the texts are not there")
	}
}

func TestSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(100)
		j.Write(numbered(0)) // before it began
		s := j.Subscribe("test", Queue{Size: 8})
		defer s.Close()
		buf := make([]Record, 16)
		next := func() string {
			t.Helper()
			n, err := s.Next(t.Context(), buf)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(numbers(buf[:n]))
		}
		time.AfterFunc(time.Hour, func() { j.Write(numbered(1)) })
		start := time.Now()
		if got := next(); got != "[1]" || time.Since(start) != time.Hour {
			t.Errorf("parked: %s after %v, want [1] at once when it is written", got, time.Since(start))
		}
		start = time.Now()
		j.Write(numbered(2))
		j.Write(numbered(3))
		if got := next(); got != "[2 3]" || time.Since(start) != pause {
			t.Errorf("dozing: %s after %v, want both after a pause", got, time.Since(start))
		}
		start = time.Now()
		time.AfterFunc(time.Millisecond, func() {
			for n := range 4 {
				j.Write(numbered(4 + n))
			}
		})
		if got := next(); got != "[4 5 6 7]" || time.Since(start) != time.Millisecond {
			t.Errorf("half full: %s after %v, want four when they are written", got, time.Since(start))
		}
		for n := range 20 {
			j.Write(numbered(10 + n))
		}
		if got := fmt.Sprint(j.Subscriptions()); got != "[{test 8 8 0 false}]" {
			t.Error(got)
		}
		if got := next(); got != "[22 23 24 25 26 27 28 29]" || s.Lost() != 12 {
			t.Errorf("overtaken: %s, %d lost; want the last 8, 12 lost", got, s.Lost())
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(100)
		s := j.Subscribe("test", Queue{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		buf := make([]Record, 2)
		if n, err := s.Next(ctx, buf); n != 0 || err != context.Canceled {
			t.Errorf("%d, %v", n, err)
		}
		for n := range 3 {
			j.Write(numbered(n))
		}
		for _, want := range []int{2, 1, 0} { // what is there is still given
			if n, err := s.Next(ctx, buf); n != want || (err == nil) != (want > 0) {
				t.Errorf("%d, %v; want %d", n, err, want)
			}
		}
		s.Close()
		j.Write(numbered(4))
		if n, _ := s.Next(ctx, buf); n != 0 || len(j.Subscriptions()) != 0 {
			t.Error("closed, and goes on")
		}
	})
}

func TestWaitMakesWritersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(100)
		s := j.Subscribe("test", Queue{Size: 4, Wait: true})
		var writers sync.WaitGroup
		for w := range 10 {
			writers.Go(func() {
				for n := range 10 {
					j.Write(numbered(w*10 + n))
				}
			})
		}
		synctest.Wait()
		if got := j.Last(100, nil); len(got) != 4 {
			t.Errorf("%d records were written, want 4 and the others waiting", len(got))
		}
		seen := map[int64]bool{}
		buf := make([]Record, 3)
		for len(seen) < 100 {
			n, err := s.Next(t.Context(), buf)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range buf[:n] {
				seen[r.BytesIn] = true
			}
		}
		writers.Wait()
		if s.Lost() != 0 {
			t.Errorf("%d lost", s.Lost())
		}
	})
}

func TestCloseFreesWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(10)
		s := j.Subscribe("test", Queue{Size: 1, Wait: true})
		var writers sync.WaitGroup
		for n := range 20 {
			writers.Go(func() { j.Write(numbered(n)) })
		}
		synctest.Wait()
		s.Close()
		writers.Wait()
		if len(j.Last(100, nil)) != 10 {
			t.Error("not everything was written")
		}
	})
}

// TestConcurrent has every record of many writers reach each subscriber once,
// or be counted as lost, whole and in the order of its writer.
func TestConcurrent(t *testing.T) {
	const writers, each = 4, 5000
	j := NewJournal(512)
	ctx, cancel := context.WithCancel(t.Context())
	var readers, writing sync.WaitGroup
	for _, q := range []Queue{{}, {Size: 16}, {Size: 64, Wait: true}} {
		s := j.Subscribe("test", q)
		readers.Go(func() {
			defer s.Close()
			got, last := uint64(0), [writers]int64{}
			buf := make([]Record, 32)
			for {
				n, err := s.Next(ctx, buf)
				if err != nil {
					break
				}
				got += uint64(n)
				for i := range buf[:n] {
					r := &buf[i]
					w := r.BytesIn / each
					if r.BytesIn < last[w] || r.Get(Path) != fmt.Sprint("/", r.BytesIn) {
						t.Errorf("%d after %d of writer %d, path %s", r.BytesIn, last[w], w, r.Get(Path))
					}
					last[w] = r.BytesIn
				}
			}
			if got+s.Lost() != writers*each || q.Wait && s.Lost() > 0 {
				t.Errorf("%+v: %d read and %d lost of %d", q, got, s.Lost(), writers*each)
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				j.Write(numbered(w*each + n))
			}
		})
	}
	writing.Wait()
	cancel()
	readers.Wait()
}

func TestWriteAllocatesNothing(t *testing.T) {
	j := NewJournal(1000)
	s := j.Subscribe("test", Queue{Size: 100})
	defer s.Close()
	r, buf := full(), make([]Record, 10)
	if n := testing.AllocsPerRun(1000, func() { j.Write(r) }); n != 0 {
		t.Errorf("%v allocations in Write", n)
	}
	if n := testing.AllocsPerRun(5, func() { s.Next(t.Context(), buf) }); n != 0 {
		t.Errorf("%v allocations in Next", n)
	}
}

// BenchmarkWrite has a budget of 100 ns with two subscribers.
func BenchmarkWrite(b *testing.B) {
	for _, subscribers := range []int{0, 2} {
		b.Run(fmt.Sprint(subscribers, "subscribers"), func(b *testing.B) {
			j := NewJournal(0)
			ctx, cancel := context.WithCancel(b.Context())
			var done sync.WaitGroup
			for range subscribers {
				s := j.Subscribe("bench", Queue{})
				done.Go(func() {
					defer s.Close()
					buf := make([]Record, 256)
					for {
						if _, err := s.Next(ctx, buf); err != nil {
							return
						}
					}
				})
			}
			r := full()
			b.ReportAllocs()
			for b.Loop() {
				j.Write(r)
			}
			cancel()
			done.Wait()
		})
	}
}

func BenchmarkBeginAndSet(b *testing.B) {
	var r Record
	path := []byte("/api/carts?id=7")
	b.ReportAllocs()
	for b.Loop() {
		r.Begin(Request, noon)
		r.SetString(Service, "web")
		r.SetString(Route, "/api/*")
		r.SetString(Target, "http://10.0.0.5:8080")
		r.Set(Method, path[:3])
		r.Set(Path, path)
		r.SetString(UserAgent, "curl/8.14")
	}
}
