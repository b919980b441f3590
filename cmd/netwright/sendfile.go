package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/exchange"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// batch is packets that are sent in the same way.
type batch struct {
	packets iter.Seq2[[]byte, error]
	times   func(n uint64) iter.Seq2[[]byte, error] // packets n times, or 0: without end; nil for those of a file
	first   []byte
	count   *big.Int
	begin   string // the protocol that they begin with
	link    pcap.LinkType
	known   bool // link is one that a capture file can name
	fill    exchange.Fill
}

// amount is a number of packets in words.
func amount(n *big.Int) string {
	if n.IsInt64() && n.Int64() == 1 {
		return "1 packet"
	}
	return n.String() + " packets"
}

// parse makes packets of a craft line.
func (s *send) parse(set *layer.Set, line string) (*batch, error) {
	spec, err := parseLine(set, line, s.seed.random())
	if err != nil {
		return nil, err
	}
	first, err := spec.Build(nil)
	if err != nil {
		return nil, &usageError{err}
	}
	begin := spec.Layers()[0]
	link, hasLink := spec.Link()
	return &batch{
		packets: spec.All(), times: spec.Times, first: first, count: spec.Count(), begin: begin, link: link, known: hasLink || link == pcap.LinkRaw,
		fill: exchange.Fill{
			LinkSource: !spec.Has("eth.src"), LinkTarget: !spec.Has("eth.dst"), Source: !spec.Has("ip.src") && !spec.Has("ipv6.src"),
			ID: !spec.Has("ip.id"), ARPLink: !spec.Has("arp.hwsrc"), ARPSource: !spec.Has("arp.psrc"),
		},
	}, nil
}

// parseLine reads a craft line; files that it names are read. What is at random in
// it is drawn from random, or from anywhere if that is nil.
func parseLine(set *layer.Set, line string, random *rand.Rand) (*craft.Spec, error) {
	p := craft.Parser{Set: set, ReadFile: readBytes, Random: random}
	spec, err := p.Parse(line)
	if err != nil {
		return nil, &usageError{err}
	}
	return spec, nil
}

// readBytes reads what a line names as @file.
func readBytes(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, craft.MaxFile+1))
	if err == nil && len(b) > craft.MaxFile {
		err = fmt.Errorf("%s has more than %d bytes", name, craft.MaxFile)
	}
	return b, err
}

// openFile makes packets of a capture file, each at its time.
func (s *send) openFile(ctx context.Context) (*batch, error) {
	if s.file == "-" {
		return nil, &usageError{errors.New("-r takes a file: what is sent is looked at before")}
	}
	var p pcap.Packet
	reader, err := pcap.Open(s.file)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	if err := reader.Read(&p); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s has no packets", s.file)
		}
		return nil, err
	}
	b := &batch{first: append([]byte(nil), p.Data...), link: p.LinkType, known: true}
	switch p.LinkType {
	case pcap.LinkEthernet:
		b.begin = "eth"
	case pcap.LinkRaw, pcap.LinkIPv4, pcap.LinkIPv6:
	default:
		if s.write == "" && !s.dry {
			return nil, fmt.Errorf("%s has frames of %v; only Ethernet frames and IP packets can be sent", s.file, p.LinkType)
		}
	}
	b.packets = func(yield func([]byte, error) bool) {
		if err := s.replay(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
	return b, nil
}

// replay reads the packets, and waits for the time of each.
func (s *send) replay(ctx context.Context, yield func([]byte, error) bool) error {
	reader, err := pcap.Open(s.file)
	if err != nil {
		return err
	}
	defer reader.Close()
	var p pcap.Packet
	var first time.Time
	start := time.Now()
	timed := s.config.Rate == 0 && !s.dry && s.write == ""
	for {
		if err := reader.Read(&p); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if first.IsZero() {
			first = p.Time
		}
		if timed && !until(ctx, start.Add(time.Duration(float64(p.Time.Sub(first))/s.speed))) {
			return nil
		}
		if !yield(p.Data, nil) {
			return nil
		}
	}
}

// until waits for a time, and says whether it came to that. Timers may be late by a
// millisecond, so the last one is waited for by looking at the clock.
func until(ctx context.Context, at time.Time) bool {
	if left := time.Until(at) - time.Millisecond; left > 0 {
		timer := time.NewTimer(left)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	for time.Until(at) > 0 {
		runtime.Gosched()
	}
	return ctx.Err() == nil
}

// all is the packets of all batches, as often as the flags say.
func (s *send) all(batches []*batch) iter.Seq2[[]byte, error] {
	budget := s.budget()
	if len(batches) == 1 && batches[0].times != nil {
		return budget.limited(batches[0].times(s.count))
	}
	return func(yield func([]byte, error) bool) {
		for n := uint64(0); s.more(n, budget); n++ {
			for _, b := range batches {
				for data, err := range budget.limited(b.packets) {
					if !yield(data, err) {
						return
					}
				}
			}
		}
	}
}

// writeFile writes packets to a capture file, at the times that --rate gives.
func (s *send) writeFile(cmd *cobra.Command, batches []*batch) error {
	link := batches[0].link
	for _, b := range batches {
		if !b.known {
			return &usageError{fmt.Errorf("a capture file cannot say that packets begin with %s; begin the line with eth or ip", b.begin)}
		}
		if b.link != link {
			return &usageError{fmt.Errorf("a file has packets of one link type: one LINE makes %v, another %v", link, b.link)}
		}
	}
	w, err := pcap.Create(s.write, link, &pcap.WriterOptions{Section: pcap.Section{Application: "netwright " + version()}})
	if err != nil {
		return err
	}
	n := new(big.Int)
	one := big.NewInt(1)
	p := pcap.Packet{LinkType: link, Time: time.Now()}
	for data, err := range s.all(batches) {
		if err != nil {
			return errors.Join(err, w.Close())
		}
		if cmd.Context().Err() != nil {
			break
		}
		p.Data, p.Length = data, len(data)
		if err := w.Write(&p); err != nil {
			return errors.Join(err, w.Close())
		}
		n.Add(n, one)
		if s.config.Rate > 0 {
			p.Time = p.Time.Add(time.Duration(float64(time.Second) / s.config.Rate))
		} else {
			p.Time = time.Now()
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s written\n", amount(n))
	return w.Close()
}
