package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/netwright/netwright/packet/scan"
)

// scanOutput is where verdicts go.
type scanOutput struct {
	*scanner
	stdout, stderr io.Writer
	grabber        *grabber
	file           *os.File // of --xml
	stateFile      *os.File // of --resume
	engine         *scan.Scanner

	mu     sync.Mutex // guards what follows
	report *scan.Report
	lines  *bufio.Writer
	err    error
}

func (s *scanner) newOutput(cmd *cobra.Command) *scanOutput {
	o := &scanOutput{scanner: s, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	o.lines = bufio.NewWriter(o.stdout)
	o.grabber = &grabber{ctx: cmd.Context(), names: s.names, done: o.add}
	return o
}

// open opens the files, while there may be the right to.
func (o *scanOutput) open(engine *scan.Scanner) (err error) {
	o.engine, o.report = engine, engine.NewReport()
	o.report.OnlyOpen = o.onlyOpen
	if err := o.state.check(o.resume, engine); err != nil {
		return err
	}
	if path := o.xml.path; path != "" && path != "-" {
		if o.file, err = os.Create(path); err != nil {
			return err
		}
	}
	if o.resume != "" {
		if o.stateFile, err = os.OpenFile(o.resume, os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// result takes a verdict of the scan.
func (o *scanOutput) result(r scan.Result) {
	if o.banner && r.State == scan.Open {
		o.grabber.take(r)
		return
	}
	o.add(r, scan.Service{})
}

func (o *scanOutput) add(r scan.Result, service scan.Service) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.report.Add(r, service)
	found := r.State == scan.Open || r.State == scan.Up
	if !o.json || !found && !o.all {
		return
	}
	line, err := json.Marshal(o.line(r, service))
	if err == nil {
		_, err = o.lines.Write(append(line, '\n'))
	}
	if err == nil && found {
		err = o.lines.Flush()
	}
	o.err = errors.Join(o.err, err)
}

// scanLine is a verdict in JSON.
type scanLine struct {
	Time     time.Time  `json:"time"`
	Addr     netip.Addr `json:"addr"`
	Name     string     `json:"name,omitempty"`
	Port     uint16     `json:"port,omitempty"`
	Protocol string     `json:"proto,omitempty"`
	State    scan.State `json:"state"`
	Reason   string     `json:"reason"`
	From     string     `json:"from,omitempty"`
	TTL      uint8      `json:"ttl,omitempty"`
	RTT      float64    `json:"rtt_ms,omitempty"`
	MAC      string     `json:"mac,omitempty"`
	Service  string     `json:"service,omitempty"`
	Banner   string     `json:"banner,omitempty"`
	TLS      *scan.TLS  `json:"tls,omitempty"`
}

func (o *scanOutput) line(r scan.Result, service scan.Service) scanLine {
	l := scanLine{Time: r.Time, Addr: r.Addr, Name: o.names[r.Addr], Port: r.Port, Protocol: o.config.Mode.Protocol(),
		State: r.State, Reason: r.Reason, TTL: r.TTL, RTT: float64(r.RTT.Microseconds()) / 1000, MAC: r.Hardware,
		Banner: service.Banner, TLS: service.TLS}
	if r.From.IsValid() {
		l.From = r.From.String()
	}
	if r.Port != 0 {
		l.Service = scan.ServiceName(r.Port)
	}
	return l
}

// finish prints what is left to print, and writes the files.
func (o *scanOutput) finish(sum scan.Summary) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	errs := []error{o.err, o.lines.Flush()}
	if !o.json && o.xml.path != "-" {
		errs = append(errs, o.print(sum))
	}
	if o.config.Mode != scan.Sweep {
		fmt.Fprintln(o.stderr, o.hosts(sum))
	}
	fmt.Fprintln(o.stderr, o.summary(sum))
	if o.xml.path != "" {
		errs = append(errs, o.writeXML(sum))
	}
	if o.stateFile != nil {
		errs = append(errs, o.writeResume(sum))
	} else if !sum.Complete {
		fmt.Fprintf(o.stderr, "To go on, repeat the command with --from %d\n", sum.Next)
	}
	return errors.Join(errs...)
}

func (o *scanOutput) summary(sum scan.Summary) string {
	what := "ports open"
	switch sweep := o.config.Mode == scan.Sweep; {
	case sweep && sum.Open == 1:
		what = "host up"
	case sweep:
		what = "hosts up"
	case sum.Open == 1:
		what = "port open"
	}
	text := fmt.Sprintf("%d %s", sum.Open, what)
	if !sum.Complete {
		text = "stopped: " + text
	}
	text += fmt.Sprintf(" of %d, %d sent in %s", sum.Pairs-sum.From, sum.Sent, took(sum.Took))
	if sum.Dropped > 0 {
		text += fmt.Sprintf(", %d answers lost", sum.Dropped)
	}
	if sum.Refused > 0 {
		text += fmt.Sprintf(", %d refused by this host", sum.Refused)
	}
	if sum.Slowed > 0 {
		text += fmt.Sprintf(", slowed down %d times", sum.Slowed)
	}
	return text
}

// print prints a table of what was found.
func (o *scanOutput) print(sum scan.Summary) error {
	hosts := o.report.Hosts(sum.Complete)
	if o.config.Mode == scan.Sweep {
		if len(hosts) == 0 {
			return nil
		}
		t := newTable("HOST", "STATE", "REASON", "RTT", "MAC", "NAME")
		for _, h := range hosts {
			t.add(h.Addr, cell{"up", green}, h.Reason, rtt(h.RTT()), h.Hardware, o.names[h.Addr])
		}
		return t.write(o.stdout)
	}
	t := newTable("HOST", "PORT", "STATE", "SERVICE", "REASON", "RTT", "WHAT")
	for _, h := range hosts {
		for _, p := range h.Open {
			t.add(h.Addr, o.port(p.Port), cell{"open", green}, scan.ServiceName(p.Port), p.Reason, rtt(p.RTT), serviceText(p.Service))
		}
		o.addOthers(t, h)
	}
	if len(hosts) == 0 {
		return nil
	}
	return t.write(o.stdout)
}

// addOthers adds a host's ports that are not open: one by one where few have the same
// verdict, and the others on a line, as nmap does.
func (o *scanOutput) addOthers(t *table, h *scan.Host) {
	const few = 10
	ports := map[scan.State]int{}
	for _, g := range h.Others {
		ports[g.State] += len(g.Ports)
	}
	var folded []string
	for _, g := range h.Others {
		if ports[g.State] > few {
			folded = append(folded, fmt.Sprintf("%d %v (%s)", len(g.Ports), g.State, groupReason(g)))
			continue
		}
		for _, p := range g.Ports {
			t.add(h.Addr, o.port(p), g.State, scan.ServiceName(p), groupReason(g))
		}
	}
	if len(folded) > 0 {
		t.add(h.Addr, "not shown: "+strings.Join(folded, ", "))
	}
}

// groupReason says why ports have their verdict, and who said so where that was not
// the host.
func groupReason(g scan.Group) string {
	if g.From.IsValid() {
		return g.Reason + " from " + g.From.String()
	}
	return g.Reason
}

// hosts says how many hosts are up, and names those that are not where they are few.
func (o *scanOutput) hosts(sum scan.Summary) string {
	up := o.report.Up()
	text := fmt.Sprintf("%d hosts up of %d", up, sum.Hosts)
	if up == 1 {
		text = fmt.Sprintf("1 host up of %d", sum.Hosts)
	}
	const few = 3
	if !sum.Complete {
		return text + " so far"
	}
	if silent := o.report.Silent(); len(silent) > 0 && len(silent) <= few {
		names := make([]string, len(silent))
		for i, a := range silent {
			names[i] = a.String()
		}
		text += "; no answer from " + strings.Join(names, ", ")
	}
	return text
}

func (o *scanOutput) port(p uint16) string {
	return fmt.Sprintf("%d/%s", p, o.config.Mode.Protocol())
}

func rtt(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return took(d)
}

// serviceText is what a port says of itself, on a line.
func serviceText(s scan.Service) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.Banner), "\n")
	parts := []string{strings.TrimSpace(line)}
	if t := s.TLS; t != nil {
		text := t.Version
		if t.ALPN != "" {
			text += " " + t.ALPN
		}
		if len(t.Names) > 0 {
			text += " for " + strings.Join(t.Names, ", ")
		} else if t.Subject != "" {
			text += " for " + t.Subject
		}
		parts = append([]string{text}, parts...)
	}
	return strings.Trim(strings.Join(parts, "; "), "; ")
}

func (o *scanOutput) writeXML(sum scan.Summary) error {
	about := scan.XML{Args: "netwright " + strings.Join(os.Args[1:], " "), Version: version(), Names: o.names}
	if o.file == nil {
		return o.report.WriteXML(o.stdout, about, sum)
	}
	return errors.Join(o.report.WriteXML(o.file, about, sum), o.file.Close())
}

// xmlFlag is -o, --xml and, as people type it for nmap, -oX FILE.
type xmlFlag struct {
	path  string
	flags *pflag.FlagSet
	at    int // of FILE among the arguments, when it is -oX FILE
}

func (f *xmlFlag) String() string { return f.path }
func (f *xmlFlag) Type() string   { return "file" }

func (f *xmlFlag) Set(text string) error {
	f.path = text
	if text == "X" {
		f.at = f.flags.NArg()
	}
	return nil
}

// take takes the FILE of -oX FILE from the arguments.
func (f *xmlFlag) take(args []string) ([]string, error) {
	if f.path != "X" {
		return args, nil
	}
	if f.at >= len(args) {
		return nil, &usageError{errors.New("-oX: the FILE is missing")}
	}
	f.path = args[f.at]
	rest := append(append([]string(nil), args[:f.at]...), args[f.at+1:]...)
	if len(rest) == 0 {
		return nil, &usageError{errors.New("there are no targets")}
	}
	return rest, nil
}
