package scan

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// A report of four hosts: one answers, a packet filter answers for one, a router
// says of one that it is not there, and one is silent.
func fourHosts(t *testing.T) *Report {
	t.Helper()
	targets, err := NewAddresses(ranges(t, "10.0.0.1-10.0.0.4"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{Ports: Ports{22, 80, 443}, Targets: targets, hosts: map[netip.Addr]*Host{}, asked: func(netip.Addr, uint16) bool { return true }}
	router := netip.MustParseAddr("10.0.0.254")
	add := func(host string, port uint16, state State, reason string, from netip.Addr) {
		r.Add(Result{Addr: netip.MustParseAddr(host), Port: port, State: state, Reason: reason, From: from, Time: time.Unix(1e9, 0)}, Service{})
	}
	add("10.0.0.1", 22, Open, "syn-ack", netip.Addr{})
	add("10.0.0.1", 80, Closed, "reset", netip.Addr{})
	add("10.0.0.1", 443, Filtered, "no-response", netip.Addr{})
	add("10.0.0.2", 22, Filtered, "admin-prohibited", router)
	add("10.0.0.3", 22, Filtered, "host-unreach", router)
	add("10.0.0.4", 22, Filtered, "no-neighbour", netip.Addr{})
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	describe := func(r *Report, complete bool) (text []string) {
		for _, h := range r.Hosts(complete) {
			line := fmt.Sprint(h.Addr, " ", h.Up)
			for _, p := range h.Open {
				line += fmt.Sprint(" open ", p.Port)
			}
			for _, g := range h.Others {
				line += fmt.Sprint(" ", g.State, " ", g.Reason, " ", g.Ports)
			}
			text = append(text, line)
		}
		return text
	}
	r := fourHosts(t)
	for _, tt := range []struct {
		name               string
		complete, onlyOpen bool
		want               []string
	}{
		{"complete", true, false, []string{
			"10.0.0.1 true open 22 closed reset 80 filtered no-response 443",
			"10.0.0.2 false filtered no-response 80,443 filtered admin-prohibited 22"}},
		{"interrupted", false, false, []string{"10.0.0.1 true open 22 closed reset 80", "10.0.0.2 false filtered admin-prohibited 22"}},
		{"only open", true, true, []string{"10.0.0.1 true open 22"}},
	} {
		r.OnlyOpen = tt.onlyOpen
		if got := describe(r, tt.complete); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if r.Up() != 1 || fmt.Sprint(r.Silent()) != "[10.0.0.3 10.0.0.4]" {
		t.Errorf("%d are up, silent are %v", r.Up(), r.Silent())
	}
	// An open port that answers nothing may be open.
	r = fourHosts(t)
	r.Mode, r.OnlyOpen = UDP, true
	if got := describe(r, true); len(got) != 2 || got[1] != "10.0.0.2 false open|filtered no-response 80,443" {
		t.Errorf("of UDP: %q", got)
	}
}

// Silent hosts are written as nmap -v writes them, and always counted.
func TestSilentHostsInXML(t *testing.T) {
	t.Parallel()
	r := fourHosts(t)
	sum := Summary{Hosts: 4, Complete: true, Began: time.Unix(1e9, 0)}
	for _, tt := range []struct {
		onlyOpen bool
		want     string
	}{
		{false, "10.0.0.1 up 10.0.0.2 unknown 10.0.0.3 down 10.0.0.4 down "},
		{true, "10.0.0.1 up "},
	} {
		r.OnlyOpen = tt.onlyOpen
		run := parseXML(t, r, sum)
		got := ""
		for _, h := range run.Hosts {
			got += h.Address[0].Addr + " " + h.Status.State + " "
		}
		if got != tt.want || run.Stats.Hosts.Up != 1 || run.Stats.Hosts.Down != 3 || run.Stats.Hosts.Total != 4 {
			t.Errorf("%q, want %q; %+v", got, tt.want, run.Stats.Hosts)
		}
	}
}
