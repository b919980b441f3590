package pcap

import (
	"bytes"
	"io"
	"testing"
	"time"
)

// manySmall is a capture of n frames of 60 octets, every second one TCP.
func manySmall(tb testing.TB, n int, opts *WriterOptions) []byte {
	var out bytes.Buffer
	w, err := NewWriter(&out, LinkEthernet, opts)
	if err != nil {
		tb.Fatal(err)
	}
	frame := make([]byte, 60)
	frame[12] = 8
	p := Packet{Data: frame, Time: time.Unix(1700000000, 0), Length: 60, LinkType: LinkEthernet}
	for i := range n {
		frame[23] = byte(6 + i%2*11)
		p.Time = p.Time.Add(time.Microsecond)
		if err := w.Write(&p); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkRewrite reads, filters and writes a million frames; an operation
// is one frame.
func BenchmarkRewrite(b *testing.B) {
	const frames = 1_000_000
	for _, f := range []Format{FormatPcap, FormatNano, FormatPcapng} {
		b.Run(f.String(), func(b *testing.B) {
			in := manySmall(b, frames, &WriterOptions{Format: f})
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; done += frames {
				rewrite(b, bytes.NewReader(in), &WriterOptions{Format: f}, min(frames, b.N-done))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mframes/s")
		})
	}
}

func rewrite(tb testing.TB, in io.Reader, opts *WriterOptions, most int) (kept int) {
	r, err := NewReader(in)
	if err != nil {
		tb.Fatal(err)
	}
	w, err := NewWriter(io.Discard, LinkEthernet, opts)
	if err != nil {
		tb.Fatal(err)
	}
	w.CarryOver(r)
	var p Packet
	for range most {
		if err := r.Read(&p); err != nil {
			tb.Fatal(err)
		}
		if len(p.Data) < 24 || p.Data[12] != 8 || p.Data[23] != 6 {
			continue
		}
		if err := w.Write(&p); err != nil {
			tb.Fatal(err)
		}
		kept++
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return kept
}

func TestRewriteAllocatesNothing(t *testing.T) {
	for _, f := range []Format{FormatPcap, FormatPcapng} {
		in := manySmall(t, 3000, &WriterOptions{Format: f})
		r, err := NewReader(bytes.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(io.Discard, LinkEthernet, &WriterOptions{Format: f})
		if err != nil {
			t.Fatal(err)
		}
		step := func() {
			p, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
		}
		step() // the interface, the header
		if n := testing.AllocsPerRun(2000, step); n != 0 {
			t.Errorf("%v: %v allocations a packet", f, n)
		}
	}
}
