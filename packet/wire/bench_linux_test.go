package wire

import (
	"context"
	"io"
	"testing"
	"time"
)

// source gives n copies of a frame.
func source(f []byte, n int) Source {
	return func(dst []byte) ([]byte, error) {
		if n == 0 {
			return nil, io.EOF
		}
		n--
		return append(dst, f...), nil
	}
}

// BenchmarkSend sends frames of 60 bytes into a cable that nobody listens on.
func BenchmarkSend(b *testing.B) {
	for name, cfg := range map[string]SendConfig{"queued": {}, "bypass": {Bypass: true}} {
		b.Run(name, func(b *testing.B) {
			w := newCable(b)
			cfg.Interface = "eth0"
			s := senderIn(b, w.a, cfg)
			f := frame(w.macB, w.macA, ours, 1)
			b.ReportAllocs()
			b.ResetTimer()
			report, err := s.Run(b.Context(), source(f, b.N))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(report.Packets)/b.Elapsed().Seconds(), "packets/s")
		})
	}
}

// BenchmarkCapture captures all that can be sent, and says how much was lost.
func BenchmarkCapture(b *testing.B) {
	for name, cfg := range map[string]Config{"blocks": {}, "immediate": {Immediate: true, Snap: 128}} {
		b.Run(name, func(b *testing.B) {
			w := newCable(b)
			cfg.Interface, cfg.Filter, cfg.Ring = "eth0", only(b, ours), 64<<20
			c := openIn(b, w.b, cfg)
			s := senderIn(b, w.a, SendConfig{Interface: "eth0", Bypass: true})
			f := frame(w.macB, w.macA, ours, 1)
			ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
			defer cancel()
			done := make(chan Stats, 1)
			go func() {
				stats, err := c.Run(ctx, func(int, []Frame) error { return nil })
				if err != nil {
					b.Error(err)
				}
				done <- stats
			}()
			b.ResetTimer()
			report, err := s.Run(ctx, source(f, b.N))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(report.Packets)/b.Elapsed().Seconds(), "packets/s")
			cancel()
			stats := <-done
			if stats.Received != report.Packets || stats.Delivered+stats.Dropped != stats.Received {
				b.Errorf("sent %v, counted %+v", report, stats)
			}
			b.ReportMetric(100*float64(stats.Dropped)/float64(max(stats.Received, 1)), "%lost")
		})
	}
}
