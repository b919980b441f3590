package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/netwright/netwright/packet/ping"
	"github.com/netwright/netwright/packet/trace"
)

// finish prints what is known in the end.
func (t *tracing) finish(r *trace.Trace) error {
	t.names.wait(time.Second)
	switch {
	case t.json:
		for i := range r.Hops {
			t.out.Write(append(t.appendHop(nil, r, i), '\n'))
		}
		t.out.Write(append(t.appendTrace(nil, r), '\n'))
	case t.watch:
		if err := t.table(r).write(t.out); err != nil {
			return err
		}
	default:
		t.print(r, true)
		if r.MTU > 0 {
			fmt.Fprintf(t.out, "path MTU %d\n", r.MTU)
		}
	}
	return t.out.Flush()
}

// print prints the hops that are whole, in order, or all in the end. Those at
// the end of which nothing is known are one line.
func (t *tracing) print(r *trace.Trace, all bool) {
	known := len(r.Hops)
	for known > 0 && len(r.Hops[known-1].Nodes) == 0 {
		known--
	}
	for ; t.printed < known && (all || r.Hops[t.printed].Whole() && t.planned(&r.Hops[t.printed])); t.printed++ {
		t.printHop(r, t.printed)
	}
	if all && known < len(r.Hops) {
		fmt.Fprintf(t.out, "%2d  *  nothing, and nothing up to hop %d\n", r.Hops[known].TTL, r.Hops[len(r.Hops)-1].TTL)
	}
}

// planned says whether a hop has had all its probes.
func (t *tracing) planned(h *trace.Hop) bool {
	return t.cfg.MTU || h.Sent >= t.cfg.Probes
}

func (t *tracing) printHop(r *trace.Trace, i int) {
	h := &r.Hops[i]
	start := fmt.Sprintf("%2d  ", h.TTL)
	if len(h.Nodes) == 0 {
		fmt.Fprintf(t.out, "%s%s\n", start, strings.TrimSpace(strings.Repeat("* ", min(h.Lost, 10))))
	}
	for n := range h.Nodes {
		node := &h.Nodes[n]
		fmt.Fprintf(t.out, "%s%s", start, t.name(node.Addr))
		start = "    "
		if t.cfg.Paths {
			fmt.Fprintf(t.out, "  %d flows  %s", len(node.Flows), ping.Milliseconds(node.Best))
			if before := r.Before(i, n); len(h.Nodes) > 1 || len(before) > 1 {
				fmt.Fprintf(t.out, "  from %s", addresses(before))
			}
		} else {
			for _, e := range h.Events {
				switch {
				case e.From == node.Addr && e.Kind != trace.TooBig:
					fmt.Fprintf(t.out, "  %s", ping.Milliseconds(e.RTT))
				case e.Kind == trace.Timeout && n == 0:
					fmt.Fprint(t.out, "  *")
				}
			}
		}
		if node.Err != nil {
			fmt.Fprintf(t.out, "  %v", node.Err)
		}
		if h.MTU > 0 && (i == 0 || h.MTU != r.Hops[i-1].MTU) {
			fmt.Fprintf(t.out, "  MTU %d", h.MTU)
		}
		if asymmetry := hopsBack(h, node.Addr); asymmetry > 0 {
			fmt.Fprintf(t.out, "  (%d hops back)", asymmetry)
		}
		fmt.Fprintln(t.out)
		for _, l := range node.Labels {
			fmt.Fprintf(t.out, "      MPLS %v\n", l)
		}
	}
}

// hopsBack is how long the way back is, where it is not that forth; 0 where it
// is, or cannot be told.
func hopsBack(h *trace.Hop, from netip.Addr) int {
	for _, e := range h.Events {
		if e.From != from || e.ReplyTTL == 0 {
			continue
		}
		for _, start := range [...]int{64, 128, 255} { // what systems begin with
			if back := start - e.ReplyTTL + 1; back > 0 && back <= 40 {
				if back != h.TTL {
					return back
				}
				return 0
			}
		}
	}
	return 0
}

func addresses(list []netip.Addr) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}

// name is a router's name with its address, where it has one.
func (t *tracing) name(a netip.Addr) string {
	if name := t.names.name(a); name != "" {
		return printable(name) + " (" + a.String() + ")"
	}
	return a.String()
}

// table shows a trace as mtr does.
func (t *tracing) table(r *trace.Trace) *table {
	list := newTable("HOP", "HOST", "LOSS", "SENT", "LAST", "AVG", "BEST", "WORST", "STDEV", "JITTER", "")
	ms := func(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()*1e3) }
	for i := range r.Hops {
		h := &r.Hops[i]
		loss := cell{text: fmt.Sprintf("%.3g%%", 100*h.Loss()), colour: lossColour(h.Loss())}
		if len(h.Nodes) == 0 {
			list.add(h.TTL, "*", loss, h.Sent, "-", "-", "-", "-", "-", "-", "")
		}
		for k := range h.Nodes {
			n := &h.Nodes[k]
			var notes []string
			if n.Err != nil {
				notes = append(notes, n.Err.Error())
			}
			for _, l := range n.Labels {
				notes = append(notes, "MPLS "+l.String())
			}
			head := [4]any{h.TTL, t.name(n.Addr), loss, h.Sent}
			if k > 0 { // another router at the same hop
				head = [4]any{"", t.name(n.Addr), "", n.Received}
			}
			list.add(head[0], head[1], head[2], head[3], ms(n.Last), ms(n.Mean()), ms(n.Best), ms(n.Max), ms(n.Deviation()), ms(n.Jitter), strings.Join(notes, ", "))
		}
	}
	return list
}

// appendTraceEvent appends what became of a probe as one JSON object. Times are
// in seconds.
func appendTraceEvent(dst []byte, e *trace.Event) []byte {
	dst = fmt.Appendf(dst, `{"event":%q,"ttl":%d,"number":%d`, e.Kind, e.TTL, e.Number)
	dst = e.Sent.UTC().AppendFormat(append(dst, `,"sent":"`...), time.RFC3339Nano)
	dst = append(dst, '"')
	if e.From.IsValid() {
		dst = fmt.Appendf(dst, `,"from":%q,"rtt":%.6f`, e.From, e.RTT.Seconds())
		if e.ReplyTTL > 0 {
			dst = fmt.Appendf(dst, `,"reply_ttl":%d`, e.ReplyTTL)
		}
	}
	if e.Err != nil {
		dst = fmt.Appendf(dst, `,"error":%s`, quoted(e.Err.Error()))
	}
	return append(appendLabels(dst, e.Labels), '}')
}

func appendLabels(dst []byte, labels []trace.Label) []byte {
	for i, l := range labels {
		lead := `,"mpls":[`
		if i > 0 {
			lead = ","
		}
		dst = fmt.Appendf(dst, `%s{"label":%d,"class":%d,"bottom":%t,"ttl":%d}`, lead, l.Label, l.Class, l.Bottom, l.TTL)
	}
	if len(labels) > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// appendHop appends a hop with its routers.
func (t *tracing) appendHop(dst []byte, r *trace.Trace, i int) []byte {
	h := &r.Hops[i]
	dst = fmt.Appendf(dst, `{"event":"hop","ttl":%d,"sent":%d,"lost":%d,"loss":%.4g`, h.TTL, h.Sent, h.Lost, h.Loss())
	if h.MTU > 0 {
		dst = fmt.Appendf(dst, `,"mtu":%d`, h.MTU)
	}
	dst = append(dst, `,"nodes":[`...)
	for k := range h.Nodes {
		n := &h.Nodes[k]
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, `{"address":%q`, n.Addr)
		if name := t.names.name(n.Addr); name != "" {
			dst = fmt.Appendf(dst, `,"name":%s`, quoted(name))
		}
		dst = fmt.Appendf(dst, `,"kind":%q,"received":%d,"last":%.6f,"avg":%.6f,"best":%.6f,"worst":%.6f,"stdev":%.6f,"jitter":%.6f`, n.Kind, n.Received,
			n.Last.Seconds(), n.Mean().Seconds(), n.Best.Seconds(), n.Max.Seconds(), n.Deviation().Seconds(), n.Jitter.Seconds())
		if n.Err != nil {
			dst = fmt.Appendf(dst, `,"error":%s`, quoted(n.Err.Error()))
		}
		if t.cfg.Paths {
			flows, _ := json.Marshal(n.Flows) // numbers cannot fail
			before, _ := json.Marshal(append([]netip.Addr{}, r.Before(i, k)...))
			dst = fmt.Appendf(dst, `,"flows":%s,"before":%s`, flows, before)
		}
		dst = append(appendLabels(dst, n.Labels), '}')
	}
	return append(dst, "]}"...)
}

func (t *tracing) appendTrace(dst []byte, r *trace.Trace) []byte {
	dst = fmt.Appendf(dst, `{"event":"trace","target":%s,"address":%q,"source":%q,"method":%q,"reached":%t,"hops":%d`,
		quoted(t.target.Name), r.Target, r.Source, t.cfg.Method, r.Reached, len(r.Hops))
	if r.MTU > 0 {
		dst = fmt.Appendf(dst, `,"mtu":%d`, r.MTU)
	}
	return append(dst, '}')
}
