package main

import (
	"bufio"
	"bytes"
	"fmt"
	"iter"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/exchange"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// sendShow is how packets that are sent, and their answers, are printed.
type sendShow struct {
	tree, json, hex bool
	unanswered      bool
	protos          protoDirs
}

func (s *sendShow) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&s.tree, "verbose", "V", false, "print all fields, of answers or of what would be sent, as a tree")
	f.BoolVar(&s.json, "json", false, "print a JSON object on a line for each packet, with its answer")
	f.BoolVarP(&s.hex, "hex", "x", false, "print the bytes, too")
	f.BoolVarP(&s.unanswered, "unanswered", "u", false, "print packets that got no answer, or could not be sent, too")
	s.protos.addFlag(cmd)
	cmd.MarkFlagsMutuallyExclusive("verbose", "json")
}

// form is what prints a packet in full.
func (s *sendShow) form(set *layer.Set) (func(dst []byte, p *dissect.Packet) []byte, error) {
	return (&show{tree: s.tree, json: s.json, hex: s.hex, time: "none"}).printer(set)
}

// print prints packets that would be sent.
func (s *sendShow) print(cmd *cobra.Command, begin string, packets iter.Seq2[[]byte, error]) error {
	set, err := s.protos.set()
	if err != nil {
		return err
	}
	form, err := s.form(set)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	defer out.Flush()
	p := newSentPacket(set, begin)
	var text []byte
	for b, err := range packets {
		if err != nil {
			return err
		}
		if cmd.Context().Err() != nil {
			break
		}
		p.Read(&pcap.Packet{Data: b, Length: len(b), LinkType: linkOf(begin), Time: time.Now()})
		text = form(text[:0], p)
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	return out.Flush()
}

// linkOf is the link type that packets with such a beginning are of.
func linkOf(begin string) pcap.LinkType {
	if begin == "eth" {
		return pcap.LinkEthernet
	}
	return pcap.LinkRaw
}

// newSentPacket reads packets that begin with that protocol, or else with IP.
func newSentPacket(set *layer.Set, begin string) *dissect.Packet {
	if begin == "" {
		return dissect.NewPacket(set)
	}
	return dissect.NewPacketAt(set, begin)
}

// resultPrinter prints what became of packets.
type resultPrinter struct {
	show    *sendShow
	set     *layer.Set
	out     *bufio.Writer
	live    bool
	lines   *dissect.Lines
	json    *dissect.JSON
	form    func(dst []byte, p *dissect.Packet) []byte
	asks    map[string]*dissect.Packet // by what they begin with
	answer  *dissect.Packet
	text    []byte
	scratch []byte
	before  uint64 // packets of earlier rounds
	failure error  // the first packet that could not be sent
}

func (s *sendShow) printer(cmd *cobra.Command, set *layer.Set) (*resultPrinter, error) {
	p := &resultPrinter{
		show: s, set: set, lines: dissect.NewLines(set), json: dissect.NewJSON(set),
		asks: map[string]*dissect.Packet{}, answer: dissect.NewPacket(set),
	}
	p.lines.Time = dissect.NoTime
	var err error
	p.form, err = s.form(set)
	p.out = bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	f, ok := cmd.OutOrStdout().(*os.File)
	p.live = ok && term.IsTerminal(int(f.Fd()))
	return p, err
}

// result prints one.
func (p *resultPrinter) result(r *exchange.Result) error {
	if r.Err != nil && p.failure == nil {
		p.failure = r.Err
	}
	ask := p.asks[r.Begin]
	if ask == nil {
		ask = newSentPacket(p.set, r.Begin)
		p.asks[r.Begin] = ask
	}
	ask.Number = int(p.before + r.Number)
	ask.Read(&pcap.Packet{Data: r.Request, Length: len(r.Request), LinkType: linkOf(r.Begin), Time: r.Sent})
	if r.Answer != nil {
		p.answer.Read(&pcap.Packet{Data: r.Answer, Length: len(r.Answer), LinkType: r.Link, Time: r.Received})
	}
	p.text = p.text[:0]
	switch {
	case p.show.json:
		p.object(r, ask)
	case r.Answer != nil || p.show.unanswered:
		p.line(r, ask)
	}
	if _, err := p.out.Write(p.text); err != nil {
		return err
	}
	if p.live || r.Answer != nil && len(p.text) > 0 && p.out.Buffered() > 32<<10 {
		return p.out.Flush()
	}
	return nil
}

// line prints the request, what answered it, and how long that took.
func (p *resultPrinter) line(r *exchange.Result, ask *dissect.Packet) {
	p.text = append(p.text, bytes.TrimSpace(p.lines.Append(p.scratch[:0], ask))...)
	switch {
	case r.Err != nil:
		p.text = fmt.Appendf(p.text, "  ⇒  not sent: %v\n", r.Err)
		return
	case r.Answer == nil:
		p.text = append(p.text, "  ⇒  no answer\n"...)
		return
	}
	p.text = append(p.text, "  ⇒  "...)
	p.scratch = p.lines.Append(p.scratch[:0], p.answer)
	_, answer, _ := bytes.Cut(bytes.TrimSpace(p.scratch), []byte(" ")) // its number says nothing
	p.text = append(p.text, answer...)
	p.text = fmt.Appendf(p.text, "  %s\n", milliseconds(r.RTT()))
	if p.show.tree || p.show.hex {
		p.text = p.form(p.text, p.answer)
	}
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', 3, 64) + " ms"
}

// object prints the same for machines.
func (p *resultPrinter) object(r *exchange.Result, ask *dissect.Packet) {
	add := func(name string, packet *dissect.Packet) {
		p.text = fmt.Appendf(p.text, `,%q:`, name)
		p.text = bytes.TrimSuffix(p.json.Append(p.text, packet), []byte("\n"))
	}
	p.text = fmt.Appendf(p.text, `{"number":%d,"tries":%d`, p.before+r.Number+1, r.Tries)
	if r.Answer != nil {
		p.text = fmt.Appendf(p.text, `,"rtt":%.9f`, r.RTT().Seconds())
	}
	if r.Err != nil {
		p.text = fmt.Appendf(p.text, `,"error":%q`, r.Err)
	}
	add("request", ask)
	if r.Answer != nil {
		add("answer", p.answer)
	} else {
		p.text = append(p.text, `,"answer":null`...)
	}
	p.text = append(p.text, "}\n"...)
}
