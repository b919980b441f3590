package scan

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The elements of nmap's XML output (nmap.dtd of nmap 7.93) that a scan fills.
type (
	xmlRun struct {
		XMLName   xml.Name  `xml:"nmaprun"`
		Scanner   string    `xml:"scanner,attr"`
		Args      string    `xml:"args,attr"`
		Start     int64     `xml:"start,attr"`
		StartText string    `xml:"startstr,attr"`
		Version   string    `xml:"version,attr"`
		Format    string    `xml:"xmloutputversion,attr"`
		Info      *xmlInfo  `xml:"scaninfo"`
		Verbose   xmlLevel  `xml:"verbose"`
		Debugging xmlLevel  `xml:"debugging"`
		Hosts     []xmlHost `xml:"host"`
		Stats     xmlStats  `xml:"runstats"`
	}
	xmlInfo struct {
		Type     string `xml:"type,attr"`
		Protocol string `xml:"protocol,attr"`
		Number   int    `xml:"numservices,attr"`
		Services string `xml:"services,attr"`
	}
	xmlLevel struct {
		Level int `xml:"level,attr"`
	}
	xmlHost struct {
		Start   int64        `xml:"starttime,attr,omitempty"`
		End     int64        `xml:"endtime,attr,omitempty"`
		Status  xmlState     `xml:"status"`
		Address []xmlAddress `xml:"address"`
		Names   *xmlNames    `xml:"hostnames"`
		Ports   *xmlPorts    `xml:"ports"`
		Times   *xmlTimes    `xml:"times"`
	}
	xmlState struct {
		State  string `xml:"state,attr"`
		Reason string `xml:"reason,attr"`
		TTL    uint8  `xml:"reason_ttl,attr"`
		From   string `xml:"reason_ip,attr,omitempty"`
	}
	xmlAddress struct {
		Addr string `xml:"addr,attr"`
		Type string `xml:"addrtype,attr"`
	}
	xmlNames struct {
		Names []xmlName `xml:"hostname"`
	}
	xmlName struct {
		Name string `xml:"name,attr"`
		Type string `xml:"type,attr"`
	}
	xmlPorts struct {
		Extra []xmlExtra `xml:"extraports"`
		Ports []xmlPort  `xml:"port"`
	}
	xmlExtra struct {
		State   string       `xml:"state,attr"`
		Count   int          `xml:"count,attr"`
		Reasons []xmlReasons `xml:"extrareasons"`
	}
	xmlReasons struct {
		Reason   string `xml:"reason,attr"`
		Count    int    `xml:"count,attr"`
		Protocol string `xml:"proto,attr"`
		Ports    string `xml:"ports,attr"`
	}
	xmlPort struct {
		Protocol string      `xml:"protocol,attr"`
		Port     uint16      `xml:"portid,attr"`
		State    xmlState    `xml:"state"`
		Service  *xmlService `xml:"service"`
		Scripts  []xmlScript `xml:"script"`
	}
	xmlService struct {
		Name   string `xml:"name,attr"`
		Tunnel string `xml:"tunnel,attr,omitempty"`
		Method string `xml:"method,attr"`
		Conf   int    `xml:"conf,attr"`
	}
	xmlScript struct {
		ID     string `xml:"id,attr"`
		Output string `xml:"output,attr"`
	}
	xmlTimes struct {
		Smooth  int64 `xml:"srtt,attr"`
		Varies  int64 `xml:"rttvar,attr"`
		Timeout int64 `xml:"to,attr"`
	}
	xmlStats struct {
		Finished struct {
			Time    int64  `xml:"time,attr"`
			Text    string `xml:"timestr,attr"`
			Summary string `xml:"summary,attr"`
			Elapsed string `xml:"elapsed,attr"`
			Exit    string `xml:"exit,attr"`
		} `xml:"finished"`
		Hosts struct {
			Up    uint64 `xml:"up,attr"`
			Down  uint64 `xml:"down,attr"`
			Total uint64 `xml:"total,attr"`
		} `xml:"hosts"`
	}
)

// mostListed is how many ports of a verdict are listed one by one; of more only
// their numbers are written, as nmap does.
const mostListed = 25

// XML is what a report says of the scan besides its hosts.
type XML struct {
	Args    string // the command line
	Version string
	Names   map[netip.Addr]string // that hosts were named by
}

// WriteXML writes the report in the format of nmap -oX, which much software
// reads. It names nmap as the scanner, since the format knows no other.
func (r *Report) WriteXML(w io.Writer, about XML, sum Summary) error {
	const layout = "Mon Jan _2 15:04:05 2006"
	end := sum.Began.Add(sum.Took)
	run := xmlRun{Scanner: "nmap", Args: about.Args, Start: sum.Began.Unix(), StartText: sum.Began.Format(layout),
		Version: about.Version, Format: "1.05", Info: r.xmlInfo()}
	up := r.Up()
	for _, h := range r.Hosts(sum.Complete) {
		run.Hosts = append(run.Hosts, r.xmlHost(h, about.Names[h.Addr]))
	}
	run.Hosts = append(run.Hosts, r.xmlSilent(sum, about.Names)...)
	f := &run.Stats.Finished
	f.Time, f.Text, f.Elapsed, f.Exit = end.Unix(), end.Format(layout), strconv.FormatFloat(sum.Took.Seconds(), 'f', 2, 64), "success"
	if !sum.Complete {
		f.Exit = "error"
	}
	f.Summary = fmt.Sprintf("Netwright done at %s; %d IP addresses (%d hosts up) scanned in %s seconds", f.Text, sum.Hosts, up, f.Elapsed)
	run.Stats.Hosts.Up, run.Stats.Hosts.Total = up, sum.Hosts
	run.Stats.Hosts.Down = sum.Hosts - up
	if _, err := io.WriteString(w, xml.Header+"<!DOCTYPE nmaprun>\n"); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", " ")
	if err := encoder.Encode(run); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Report) xmlInfo() *xmlInfo {
	if r.Mode == Sweep {
		return nil
	}
	return &xmlInfo{r.Mode.String(), r.Mode.Protocol(), len(r.Ports), r.Ports.String()}
}

// xmlSilent lists the hosts that did not answer, where they are few, as nmap -v does.
func (r *Report) xmlSilent(sum Summary, names map[netip.Addr]string) (hosts []xmlHost) {
	if !sum.Complete || r.OnlyOpen {
		return nil
	}
	for _, a := range r.Silent() {
		status := xmlState{State: "down", Reason: "no-response"}
		if h := r.hosts[a]; h != nil {
			status.Reason = h.Reason
		}
		hosts = append(hosts, xmlNamed(a, names[a], status))
	}
	return hosts
}

// xmlNamed is a host without what was found.
func xmlNamed(a netip.Addr, name string, status xmlState) xmlHost {
	kind := "ipv4"
	if a.Is6() {
		kind = "ipv6"
	}
	x := xmlHost{Status: status, Address: []xmlAddress{{a.WithZone("").String(), kind}}, Names: &xmlNames{}}
	if name != "" {
		x.Names.Names = append(x.Names.Names, xmlName{name, "user"})
	}
	return x
}

func (r *Report) xmlHost(h *Host, name string) xmlHost {
	status := xmlState{State: "up", Reason: h.Reason, TTL: h.TTL}
	if !h.Up {
		status.State = "unknown"
	}
	x := xmlNamed(h.Addr, name, status)
	x.Start, x.End = h.First.Unix(), h.Last.Unix()
	if h.Hardware != "" {
		x.Address = append(x.Address, xmlAddress{strings.ToUpper(h.Hardware), "mac"})
	}
	if r.Mode != Sweep {
		x.Ports = r.xmlPorts(h)
	}
	if h.trip.longest > 0 {
		x.Times = &xmlTimes{h.trip.smooth.Microseconds(), h.trip.varies.Microseconds(), h.trip.timeout(100*time.Millisecond, 0).Microseconds()}
	}
	return x
}

// xmlPorts lists open ports and the few of other verdicts.
func (r *Report) xmlPorts(h *Host) *xmlPorts {
	ports := &xmlPorts{}
	all := map[uint16]xmlPort{}
	for _, p := range h.Open {
		all[p.Port] = r.xmlPort(p.Result, p.Service)
	}
	counts := map[State]int{}
	for _, g := range h.Others {
		counts[g.State] += len(g.Ports)
	}
	for _, g := range h.Others {
		if counts[g.State] > mostListed {
			ports.addExtra(r.Mode, g, counts[g.State])
			continue
		}
		for _, p := range g.Ports {
			all[p] = r.xmlPort(Result{Port: p, State: g.State, Reason: g.Reason, TTL: g.TTL, From: g.From}, Service{})
		}
	}
	for _, port := range r.Ports {
		if p, ok := all[port]; ok {
			ports.Ports = append(ports.Ports, p)
		}
	}
	return ports
}

// addExtra adds ports that are not listed, to those with the same verdict.
func (x *xmlPorts) addExtra(mode Mode, g Group, count int) {
	reasons := xmlReasons{g.Reason, len(g.Ports), mode.Protocol(), g.Ports.String()}
	for i := range x.Extra {
		if x.Extra[i].State == g.State.String() {
			x.Extra[i].Reasons = append(x.Extra[i].Reasons, reasons)
			return
		}
	}
	x.Extra = append(x.Extra, xmlExtra{g.State.String(), count, []xmlReasons{reasons}})
}

func (r *Report) xmlPort(res Result, s Service) xmlPort {
	x := xmlPort{Protocol: r.Mode.Protocol(), Port: res.Port, State: xmlState{State: res.State.String(), Reason: res.Reason, TTL: res.TTL}}
	if res.From.IsValid() {
		x.State.From = res.From.String()
	}
	name := ServiceName(res.Port)
	if name == "" {
		name = "unknown"
	}
	x.Service = &xmlService{Name: name, Method: "table", Conf: 3}
	if s.Banner != "" {
		x.Scripts = append(x.Scripts, xmlScript{"banner", strings.ToValidUTF8(strings.TrimSpace(s.Banner), "�")})
	}
	if t := s.TLS; t != nil {
		x.Service.Tunnel = "ssl"
		x.Scripts = append(x.Scripts, xmlScript{"ssl-cert", fmt.Sprintf("Subject: %s\nSubject Alternative Name: %s\nIssuer: %s\nNot valid before: %s\nNot valid after:  %s",
			t.Subject, strings.Join(t.Names, ", "), t.Issuer, t.From.UTC().Format("2006-01-02T15:04:05"), t.Until.UTC().Format("2006-01-02T15:04:05"))})
	}
	return x
}
