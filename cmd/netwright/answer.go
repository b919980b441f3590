package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/exchange"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// answer is what is answered, and how.
type answer struct {
	config  exchange.AnswerConfig
	display bool
	file    string
	json    bool
	quiet   bool
	protos  protoDirs
}

func answerCommand() *cobra.Command {
	a := &answer{}
	cmd := &cobra.Command{
		Use:        "answer [flags] PATTERN REPLY [PATTERN REPLY]...",
		SuggestFor: []string{"reply", "respond", "spoof", "fake"},
		Short:      "Answer packets with others that you describe",
		Example: `  sudo netwright answer -i eth0 'arp op=1 pdst=192.0.2.7' 'arp op=2 psrc=${req.pdst} pdst=${req.psrc} hwdst=${req.hwsrc}'
  sudo netwright answer -i eth0 'icmp type=8' 'icmp type=0 id=${req.ident} seq=${req.seq} / ${req.payload}'
  sudo netwright answer -i eth0 'udp dport=7' '${req.payload}'
  sudo netwright answer -i eth0 -Y 'dns.qry.name contains "example"' 'dns id=${req.dns.id} qr=1 rcode=3 qd={qname=${req.qname}}'
  sudo netwright answer -i eth0 --file answers.yaml`,
		Long: `PATTERN is a packet line: a packet is answered that has its layers, and in each the
fields that are given, be it one of several values or in a range. With -Y it is a
display filter instead. REPLY is the packet line of the answer. In it stand

  ${req.FIELD}    what that field of the packet holds, the innermost of that name;
                  with its protocol, ${req.ip.src}, the outermost
  ${req.payload}  what the innermost layer of the packet carries
  ${own.mac} ${own.ip} ${own.ip6}  the addresses of the interface

The layers below the first of REPLY are those of the packet, turned around: Ethernet,
VLANs, IP, UDP, tunnels. The first pattern that matches answers. It goes on until it
is interrupted, prints each answer, and counts them in the end.

The host itself answers too, what it would answer otherwise. It takes root or the
capability CAP_NET_RAW, which is given up when the sockets are open.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&a.config.Interface, "interface", "i", "", "answer what comes in by this `INTERFACE`")
	f.BoolVarP(&a.display, "display-filter", "Y", false, "the patterns are display filters, as in Wireshark")
	f.StringVar(&a.file, "file", "", "read patterns and replies from a YAML `FILE` of at most 1 MiB")
	f.StringVarP(&a.config.Filter, "capture-filter", "f", "", "look only at packets that this capture `FILTER` lets pass, as 'udp port 53'")
	f.Float64Var(&a.config.Rate, "rate", 1000, "answer `MANY` packets a second at most")
	f.Uint64VarP(&a.config.Count, "count", "c", 0, "stop after that `MANY` answers")
	f.BoolVarP(&a.config.Promiscuous, "promiscuous", "p", false, "take packets that are for other hosts too")
	f.BoolVar(&a.json, "json", false, "print a JSON object on a line for each answer, with its request")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "print only the counts")
	a.protos.addFlag(cmd)
	return cmd
}

// answerRule is an entry of --file.
type answerRule struct {
	Match  string `yaml:"match"`  // a packet line
	Filter string `yaml:"filter"` // or a display filter
	Reply  string `yaml:"reply"`
}

func (r *answerRule) String() string {
	if r.Filter != "" {
		return r.Filter
	}
	return r.Match
}

func (a *answer) run(cmd *cobra.Command, args []string) error {
	set, err := a.protos.set()
	if err != nil {
		return err
	}
	rules, err := a.rules(args)
	if err != nil {
		return err
	}
	for i := range rules {
		match, err := rules[i].pattern(set)
		if err != nil {
			return err
		}
		a.config.Rules = append(a.config.Rules, exchange.Rule{Match: match, Reply: rules[i].Reply})
	}
	if a.config.Interface == "" {
		return &usageError{errors.New("-i says by which interface packets come that are answered")}
	}
	if a.config.Rate <= 0 {
		return &usageError{errors.New("--rate is more than 0")}
	}
	p := &replyPrinter{
		out: bufio.NewWriter(cmd.OutOrStdout()), quiet: a.quiet, asJSON: a.json, set: set,
		lines: dissect.NewLines(set), json: dissect.NewJSON(set), request: dissect.NewPacket(set), answers: map[string]*dissect.Packet{},
	}
	p.lines.Time = dissect.NoTime
	a.config.Set, a.config.Answered = set, p.print
	answerer, err := exchange.OpenAnswerer(a.config)
	if err != nil {
		return err
	}
	defer answerer.Close()
	if err := dropPrivileges(cmd); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "answering on %s\n", a.config.Interface)
	sum, err := answerer.Run(cmd.Context())
	printAnswers(cmd.ErrOrStderr(), rules, &sum)
	return errors.Join(err, p.out.Flush())
}

// rules are those of the command line and of the file.
func (a *answer) rules(args []string) (rules []answerRule, err error) {
	if len(args)%2 != 0 {
		return nil, &usageError{errors.New("each PATTERN has a REPLY behind it")}
	}
	for i := 0; i < len(args); i += 2 {
		r := answerRule{Match: args[i], Reply: args[i+1]}
		if a.display {
			r.Match, r.Filter = "", r.Match
		}
		rules = append(rules, r)
	}
	if a.file != "" {
		more, err := readRules(a.file)
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	if len(rules) == 0 {
		return nil, &usageError{errors.New("what is answered is given by PATTERN and REPLY, or by --file")}
	}
	return rules, nil
}

// mostRules is how many bytes a file of rules may have.
const mostRules = 1 << 20

// readRules reads the file of --file.
func readRules(path string) (rules []answerRule, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostRules+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostRules {
		return nil, &usageError{fmt.Errorf("%s: it has more than 1 MiB, which is the most that patterns and replies may have", path)}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&rules); err != nil {
		return nil, &usageError{fmt.Errorf("%s: it must be a list of match (or filter) and reply: %w", path, err)}
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, &usageError{fmt.Errorf("%s: it must be one list, and there is more behind it", path)}
	}
	for i, r := range rules {
		if r.Reply == "" || (r.Match == "") == (r.Filter == "") {
			return nil, &usageError{fmt.Errorf("%s: entry %d: it must have reply, and either match or filter", path, i+1)}
		}
	}
	return rules, nil
}

// pattern makes what chooses packets.
func (r *answerRule) pattern(set *layer.Set) (func(*layer.Stack) bool, error) {
	if r.Filter != "" {
		filter, err := compileDisplay(set, r.Filter)
		if err != nil {
			return nil, err
		}
		return func(st *layer.Stack) bool { return filter.Match(st, nil) }, nil
	}
	match, err := exchange.Pattern(set, r.Match)
	if err != nil {
		return nil, &usageError{fmt.Errorf("pattern %s: %w", r.Match, err)}
	}
	return match, nil
}

// replyPrinter prints requests and their answers.
type replyPrinter struct {
	out           *bufio.Writer
	quiet, asJSON bool
	set           *layer.Set
	lines         *dissect.Lines
	json          *dissect.JSON
	request       *dissect.Packet
	answers       map[string]*dissect.Packet // by what they begin with
	text, scratch []byte
}

func (p *replyPrinter) print(r *exchange.Reply) error {
	if p.quiet {
		return nil
	}
	p.request.Read(&pcap.Packet{Data: r.Request, Length: len(r.Request), LinkType: r.Link, Time: r.Received})
	p.text = p.text[:0]
	answer := p.answers[r.Begin]
	if r.Answer != nil {
		if answer == nil {
			answer = newSentPacket(p.set, r.Begin)
			p.answers[r.Begin] = answer
		}
		answer.Read(&pcap.Packet{Data: r.Answer, Length: len(r.Answer), LinkType: linkOf(r.Begin), Time: r.Received})
	}
	if p.asJSON {
		p.text = fmt.Appendf(p.text, `{"rule":%d`, r.Rule+1)
		if r.Err != nil {
			p.text = fmt.Appendf(p.text, `,"error":%q`, r.Err)
		}
		p.text = append(p.text, `,"request":`...)
		p.text = bytes.TrimSuffix(p.json.Append(p.text, p.request), []byte("\n"))
		if r.Answer != nil {
			p.text = append(p.text, `,"answer":`...)
			p.text = bytes.TrimSuffix(p.json.Append(p.text, answer), []byte("\n"))
		}
		p.text = append(p.text, "}\n"...)
	} else {
		p.text = append(p.text, p.line(p.request)...)
		p.text = append(p.text, "  ⇒  "...)
		if r.Err != nil {
			p.text = fmt.Appendf(p.text, "not answered: %v\n", r.Err)
		} else {
			p.text = append(append(p.text, p.line(answer)...), '\n')
		}
	}
	if _, err := p.out.Write(p.text); err != nil {
		return err
	}
	return p.out.Flush()
}

// line sums a packet up, without its number.
func (p *replyPrinter) line(packet *dissect.Packet) []byte {
	p.scratch = p.lines.Append(p.scratch[:0], packet)
	_, rest, _ := bytes.Cut(bytes.TrimSpace(p.scratch), []byte(" "))
	return rest
}

// printAnswers prints the counts.
func printAnswers(w io.Writer, rules []answerRule, sum *exchange.AnswerSummary) {
	for i, n := range sum.ByRule {
		if len(rules) > 1 {
			fmt.Fprintf(w, "%8d  %s\n", n, rules[i].String())
		}
	}
	fmt.Fprintf(w, "packets seen: %d, matched: %d, answered: %d", sum.Seen, sum.Matched, sum.Answered)
	if sum.Withheld > 0 {
		fmt.Fprintf(w, ", passed over to keep the rate: %d", sum.Withheld)
	}
	if sum.Failed > 0 {
		fmt.Fprintf(w, ", failed: %d", sum.Failed)
	}
	if sum.Capture.Dropped > 0 {
		fmt.Fprintf(w, ", lost: %d", sum.Capture.Dropped)
	}
	fmt.Fprintln(w)
}
