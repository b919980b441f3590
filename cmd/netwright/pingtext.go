package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/ping"
)

// finish prints what comes in the end, and says whether all have answered.
func (p *pinger) finish(cmd *cobra.Command, stats []ping.Stats, dropped uint64) error {
	if stats == nil {
		return nil
	}
	p.screen.close()
	silent := len(p.unknown)
	for i := range stats {
		if stats[i].Received == 0 {
			silent++
			if p.unreachable && !p.json {
				fmt.Fprintln(p.out, p.targets[i].Name+p.word(false))
			}
		}
		if p.json {
			p.out.Write(append(appendPingStats(nil, &p.targets[i], &stats[i]), '\n'))
		}
	}
	switch {
	case p.json, p.listing():
	case len(stats) == 1:
		fmt.Fprintf(p.out, "--- %s ---\n%v\n", nameAndAddress(&p.targets[0]), stats[0])
	default:
		_ = p.table(stats, len(stats)).write(p.out) // Flush has its error
	}
	err := p.out.Flush()
	if dropped > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "netwright: %d answers came faster than they could be read, and were lost\n", dropped)
	}
	if silent > 0 {
		total := len(stats) + len(p.unknown)
		if total == 1 {
			return errors.Join(err, fmt.Errorf("%s did not answer", p.targets[0].Name))
		}
		return errors.Join(err, fmt.Errorf("%d of %d targets did not answer", silent, total))
	}
	return err
}

func nameAndAddress(t *ping.Target) string {
	if address := t.Addr.String(); address != t.Name {
		return printable(t.Name) + " (" + address + ")"
	}
	return t.Name
}

// draw shows the statistics so far, on a terminal.
func (p *pinger) draw(stats []ping.Stats) {
	if p.out != nil && p.screen == nil {
		p.out.Flush()
	}
	if p.screen != nil {
		p.screen.draw(func(lines int) *table { return p.table(stats, lines-1) }, fmt.Sprintf("%d targets; ^C ends it", len(stats)))
	}
}

// table is of up to that many targets: where there are more, of those that lose
// most.
func (p *pinger) table(stats []ping.Stats, most int) *table {
	order := make([]int, len(stats))
	for i := range order {
		order[i] = i
	}
	if len(order) > most {
		slices.SortStableFunc(order, func(a, b int) int {
			la, lb := stats[a].Loss(), stats[b].Loss()
			switch {
			case la > lb:
				return -1
			case la < lb:
				return 1
			}
			return int(stats[b].Mean() - stats[a].Mean())
		})
		order = order[:max(most, 1)]
	}
	t := newTable("TARGET", "SENT", "RECEIVED", "LOSS", "LAST", "MIN", "AVG", "MAX", "MDEV", "")
	for _, i := range order {
		s := &stats[i]
		loss := cell{text: fmt.Sprintf("%.3g%%", 100*s.Loss()), colour: lossColour(s.Loss())}
		times := [5]string{"-", "-", "-", "-", "-"}
		if s.Received > 0 {
			for k, d := range [5]time.Duration{s.Last, s.Min, s.Mean(), s.Max, s.Deviation()} {
				times[k] = fmt.Sprintf("%.3f", d.Seconds()*1e3)
			}
		}
		t.add(nameAndAddress(&p.targets[i]), s.Sent, s.Received, loss, times[0], times[1], times[2], times[3], times[4], notes(s))
	}
	return t
}

func lossColour(loss float64) colour {
	switch {
	case loss == 0:
		return plain
	case loss < 1:
		return yellow
	}
	return red
}

// notes are what is unusual about a target.
func notes(s *ping.Stats) string {
	var list []string
	if s.Duplicates > 0 {
		list = append(list, fmt.Sprintf("%d duplicates", s.Duplicates))
	}
	if s.LateOnes > 0 {
		list = append(list, fmt.Sprintf("%d late", s.LateOnes))
	}
	if s.Err != nil {
		list = append(list, s.Err.Error())
	}
	return strings.Join(list, ", ")
}

// appendPingEvent appends an event as one JSON object. Times are in seconds.
func appendPingEvent(dst []byte, t *ping.Target, e *ping.Event) []byte {
	dst = fmt.Appendf(dst, `{"event":%q,"target":%s,"address":%q,"seq":%d`, e.Kind, quoted(t.Name), t.Addr, e.Seq)
	dst = e.Time.UTC().AppendFormat(append(dst, `,"time":"`...), time.RFC3339Nano)
	dst = append(dst, '"')
	if e.From.IsValid() {
		dst = fmt.Appendf(dst, `,"from":%q,"rtt":%.6f`, e.From, e.RTT.Seconds())
	}
	if e.Kind != ping.Timeout && e.Kind != ping.Failed {
		dst = fmt.Appendf(dst, `,"ttl":%d,"size":%d`, e.TTL, e.Size)
	}
	if e.Err != nil {
		dst = fmt.Appendf(dst, `,"error":%s`, quoted(e.Err.Error()))
	}
	if icmp, ok := errors.AsType[*ping.ICMPError](e.Err); ok {
		dst = fmt.Appendf(dst, `,"type":%d,"code":%d`, icmp.Type, icmp.Code)
		if icmp.MTU > 0 {
			dst = fmt.Appendf(dst, `,"mtu":%d`, icmp.MTU)
		}
	}
	return append(dst, '}')
}

func appendPingStats(dst []byte, t *ping.Target, s *ping.Stats) []byte {
	dst = fmt.Appendf(dst, `{"event":"statistics","target":%s,"address":%q,"sent":%d,"received":%d,"lost":%d,"loss":%.4g,"errors":%d,"duplicates":%d,"late":%d`,
		quoted(t.Name), t.Addr, s.Sent, s.Received, s.Lost, s.Loss(), s.Failed, s.Duplicates, s.LateOnes)
	if s.Received > 0 {
		dst = fmt.Appendf(dst, `,"min":%.6f,"avg":%.6f,"max":%.6f,"mdev":%.6f`, s.Min.Seconds(), s.Mean().Seconds(), s.Max.Seconds(), s.Deviation().Seconds())
	}
	if s.Err != nil {
		dst = fmt.Appendf(dst, `,"error":%s`, quoted(s.Err.Error()))
	}
	return append(dst, '}')
}
