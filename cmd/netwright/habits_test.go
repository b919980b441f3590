package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Flags of tcpdump, tshark and nmap that are not there are answered with what to
// type; no hint speaks of a flag that is not there either.
func TestHabits(t *testing.T) {
	for line, want := range map[string]string{
		"sniff -nn -i lo":                              "always numbers",
		"sniff -r x.pcap":                              "netwright dissect FILE",
		"dissect -r x.pcap":                            "stands by itself",
		"flows -n":                                     "always numbers",
		"scan -sT 127.0.0.1":                           "--connect (-sT)",
		"scan -Pn 127.0.0.1":                           "--sweep",
		"arping -I eth0 192.0.2.1":                     "-i INTERFACE",
		"trace -r 192.0.2.1":                           "-w -c ROUNDS",
		"ping -n 192.0.2.1":                            "not looked up",
		"dissect --json --stats x":                     "netwright: --json and --stats exclude each other",
		"dissect --json --stats -V x":                  "exclude each other",
		"dissect -c -1 ../../examples/packet/web.pcap": "--count is 1 or more",
		"sniff -i lo -Y tcp.port=3":                    `"=" means nothing here; did you mean ==?`,
		"packet filter tcp prt 3":                      `capture filter "tcp prt 3": column 5: `,
		"packet fields icmq":                           `did you mean "icmp"?`,
		"dissect --fields tcp.porx ../../examples/packet/web.pcap": `did you mean "tcp.port"?`,
		"ping -c x 192.0.2.1":      `argument "x" for "-c, --count" flag: it must be a number`,
		"trace -p 99999 192.0.2.1": `flag: the number is too small or too large`,
		"dissect -w x --stats y":   "--stats and --write exclude each other",
		"packet show nosuch":       `there is no protocol "nosuch"` + "\n",
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields(line), &out, &errs); status == exitOK || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: status %d, %q, and should say %q", line, status, errs.String(), want)
		}
	}
	for _, cmd := range all(rootCommand()) {
		for c := byte('A'); c <= 'z'; c++ {
			if hint := habit(cmd.Name(), c); hint != "" && cmd.Flags().ShorthandLookup(string(c)) != nil && cmd.HasParent() && cmd.Parent().Name() == "netwright" {
				t.Errorf("%s has -%c, so that %q is never said", cmd.Name(), c, hint)
			}
			for word := range strings.FieldsSeq(habit(cmd.Name(), c)) {
				if name, long := strings.CutPrefix(strings.Trim(word, ",;()"), "--"); long && cmd.Flags().Lookup(name) == nil {
					t.Errorf("%s has no --%s, of which the hint for -%c speaks", cmd.Name(), name, c)
				}
			}
		}
	}
}

// A pause of send may be none, and is of seconds where nothing else is said.
func TestPauses(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": 0, "0s": 0, "0.3": 300 * time.Millisecond, "20ms": 20 * time.Millisecond} {
		d := time.Minute
		if err := (pauseFlag{secondsFlag{&d}}).Set(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	var d time.Duration
	for _, text := range []string{"-1", "x", "", "s"} {
		if (pauseFlag{secondsFlag{&d}}).Set(text) == nil {
			t.Errorf("%q is taken as %v", text, d)
		}
	}
}
