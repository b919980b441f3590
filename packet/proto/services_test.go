package proto

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// over is a frame of UDP or TCP with a payload.
func over(tcp bool, from, to uint16, payload []byte) []byte {
	ip, _ := hex.DecodeString("020000000002020000000001080045000000000040004000" + "0000c0000201c0000202")
	kind, transport := byte(17), make([]byte, 8)
	if tcp {
		kind, transport = 6, make([]byte, 20)
		transport[12] = 0x50
	} else {
		binary.BigEndian.PutUint16(transport[4:], uint16(8+len(payload)))
	}
	binary.BigEndian.PutUint16(transport, from)
	binary.BigEndian.PutUint16(transport[2:], to)
	ip[23] = kind
	binary.BigEndian.PutUint16(ip[16:], uint16(20+len(transport)+len(payload)))
	return append(append(ip, transport...), payload...)
}

// shown is what is shown in a frame of a protocol: the first value of each name.
func shown(t testing.TB, name string, frame []byte) (values map[string]string, reason string) {
	var st layer.Stack
	st.Reset(Set(), "link", 1, frame, len(frame))
	i := st.Find(name, 0)
	if i < 0 {
		t.Fatalf("%s is not found in %x", name, frame)
	}
	values = map[string]string{}
	var w layer.Walker
	reason = w.Walk(&st, i, func(v *layer.Value) bool {
		if _, ok := values[v.Field.Name]; !ok {
			values[v.Field.Name] = string(v.AppendShow(nil))
		}
		return true
	})
	return values, reason
}

// What no capture of the suites holds, and what code reads, by examples.
func TestServices(t *testing.T) {
	for _, c := range []struct {
		name     string
		tcp      bool
		from, to uint16
		payload  string // text, with bytes as \xNN
		want     string // name=value, with spaces between
	}{
		{"dns", false, 9999, 53, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01",
			"dns.id=0x1234 dns.qry.name=www.example.org dns.qry.name.len=15 dns.count.labels=3 dns.qry.type=1"},
		{"dns", true, 9999, 53, "\x00\x11\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01",
			"dns.length=17 dns.qry.name=<Root> dns.count.labels=1 dns.qry.type=2"},
		{"dns", false, 53, 9999, "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x01a\x00\x00\x05\x00\x01\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01b\xc0\x0c",
			"dns.resp.name=a dns.resp.ttl=60 dns.cname=b.a dns.flags.response=1"},
		{"llmnr", false, 9999, 5355, "\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01", "dns.qry.name=a dns.flags.conflict=0 dns.flags.tentative=0"},
		{"nbns", false, 137, 137, "\x18\x12\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20FHEPFCELEHFCEPFFFACACACACACACABN\x00\x00\x20\x00\x01", "nbns.name=WORKGROUP<1d> nbns.type=32"},
		{"snmp", false, 9999, 161, "\x30\x3e\x02\x01\x03\x30\x11\x02\x04\x00\x00\x00\x07\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03\x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00\x04\x00\x04\x00\x04\x00\x30\x14\x04\x00\x04\x00\xa0\x0e\x02\x04\x11\x22\x33\x44\x02\x01\x00\x02\x01\x00\x30\x00",
			"snmp.msgVersion=3 snmp.msgID=7 snmp.msgMaxSize=65507 snmp.request_id=287454020"},
		{"syslog", false, 9999, 514, "<34>1 2003-10-11T22:14:15.003Z host su - ID47 - failed", "syslog.facility=4 syslog.level=2 syslog.version=1 syslog.hostname=host syslog.appname=su syslog.msgid=ID47"},
		{"mqtt", true, 9999, 1883, "\x32\xcd\x01\x00\x03a/b\x00\x02" + strings.Repeat("x", 198), "mqtt.msgtype=3 mqtt.qos=1 mqtt.len=205 mqtt.topic=a/b mqtt.msgid=2"},
		{"coap", false, 9999, 5683, "\x40\x01\x12\x35\xbd\x07aaaaaaaaaaaaaaaaaaaa\x11\x28\xff{}", "coap.mid=4661 coap.opt.uri_path=aaaaaaaaaaaaaaaaaaaa coap.opt.ctype=application/link-format coap.payload_length=2"},
		{"amqp", true, 5672, 9999, "\x01\x00\x01\x00\x00\x00\x0f\x00\x32\x00\x0b\x02q1\x00\x00\x00\x03\x00\x00\x00\x01\xce", "amqp.method.class=50 amqp.method.arguments.queue=q1 amqp.method.arguments.message_count=3"},
		{"resp", true, 9999, 6379, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n:7\r\n-ERR no\r\n", "resp.array.length=2 resp.bulk_string.length=3 resp.bulk_string.value=47:45:54 resp.integer=7 resp.error=ERR\\x20no"},
		{"rtcp", false, 5005, 9999, "\x81\xcb\x00\x01\xde\xad\xbe\xef", "rtcp.pt=203 rtcp.sc=1 rtcp.ssrc.identifier=0xdeadbeef"},
	} {
		got, reason := shown(t, c.name, over(c.tcp, c.from, c.to, []byte(c.payload)))
		if reason != "" {
			t.Errorf("%s: %s", c.name, reason)
		}
		for want := range strings.SplitSeq(c.want, " ") {
			name, value, _ := strings.Cut(want, "=")
			if value = strings.ReplaceAll(value, `\x20`, " "); got[name] != value {
				t.Errorf("%s: %s is %q, and should be %q", c.name, name, got[name], value)
			}
		}
	}
}

// Names that point to themselves, forward or nowhere end the walk.
func TestNameLoops(t *testing.T) {
	head := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	for _, name := range []string{"\xc0\x0c", "\x01a\xc0\x0c", "\xc0\x40", "\x3fabc", "\x80", "\x01"} {
		if _, reason := shown(t, "dns", over(false, 9999, 53, []byte(head+name+"\x00\x01\x00\x01"))); reason == "" {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

// A name is written as it is read.
func TestWriteDomain(t *testing.T) {
	for _, name := range []string{"www.example.org", "a", "<Root>"} {
		b, err := writeDomain(nil, []byte(name))
		if err != nil {
			t.Fatal(err)
		}
		text, size, _ := readName(b, 0, 0, nil)
		if len(text) == 0 {
			text = []byte("<Root>")
		}
		if string(text) != name || size != len(b) {
			t.Errorf("%q comes back as %q of %d bytes", name, text, size)
		}
	}
	for _, name := range []string{"a..b", strings.Repeat("a", 64), strings.Repeat("a.", 140)} {
		if b, err := writeDomain(nil, []byte(name)); err == nil {
			t.Errorf("%q is written as %x", name, b)
		}
	}
}

// What is made for SNMP is read as it was meant.
func TestMakeSNMP(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 300)
	for _, tt := range []struct {
		given []layer.Given
		want  map[string]string
	}{
		{nil, map[string]string{"community": "public", "name": "1.3.6.1.2.1.1.1.0", "version": "1", "request_id": "1", "data": "0"}},
		{[]layer.Given{{Name: "snmp.community", B: []byte("private")}, {Name: "snmp.data", U: 3}, {Name: "snmp.name", B: []byte{0x2B, 6}}, {Name: "snmp.value.octets", B: long}},
			map[string]string{"community": "private", "name": "1.3.6", "data": "3", "variable_bindings": "1"}},
		{[]layer.Given{{Name: "snmp.data", U: 2}, {Name: "snmp.name", B: []byte{0x2B, 6}}, {Name: "snmp.value.counter", U: 1 << 40}}, map[string]string{"value.counter": "1099511627776"}},
		{[]layer.Given{{Name: "snmp.data", U: 2}, {Name: "snmp.value.int", U: ^uint64(128)}}, map[string]string{"value.int": "-129"}},
		{[]layer.Given{{Name: "snmp.data", U: 4}, {Name: "snmp.specific_trap", U: 128}}, map[string]string{"specific_trap": "128", "version": "0", "variable_bindings": "0"}},
		{[]layer.Given{{Name: "snmp.data", U: 5}}, map[string]string{"max_repetitions": "10"}},
	} {
		b, err := makeSNMP(nil, tt.given)
		if err != nil {
			t.Fatal(err)
		}
		got, reason := shown(t, "snmp", over(false, 9999, 161, b))
		for name, want := range tt.want {
			if got["snmp."+name] != want || reason != "" {
				t.Errorf("%v: %s is %q and should be %q; %s", tt.given, name, got["snmp."+name], want, reason)
			}
		}
	}
	for _, given := range [][]layer.Given{
		{{Name: "snmp.version", U: 3}}, {{Name: "snmp.data", U: 9}}, {{Name: "snmp.value.int"}, {Name: "snmp.value.int"}},
	} {
		if b, err := makeSNMP(nil, given); err == nil {
			t.Errorf("%v is made to %x", given, b)
		}
	}
}

// No payload of any service breaks anything.
func FuzzServices(f *testing.F) {
	for _, seed := range []struct {
		tcp     bool
		port    uint16
		payload string
	}{
		{false, 53, "123401000001000000000001033777770000010001000029020000000000000c000a00080dd44d9a6c66f6e7"},
		{true, 389, "300c020101600702010304008000"},
		{false, 161, "302602010004067075626c6963a019020126020100020100300e300c06082b060102010102000500"},
		{true, 20000, "05640ac4030004000000c0c0011e03066eef"},
		{true, 5432, "52000000080000000353000000160000"},
		{true, 1883, "101000044d51545405020a0300210005000163"},
		{false, 5683, "44011234746f6b6ebd07616161"},
		{false, 547, "0190b45c0001000a00030001000102030405"},
		{true, 502, "000000000006ff0300000001"},
		{true, 3306, "4a0000000a382e302e33320008000000"},
		{false, 5060, "5245474953544552207369703a61205349502f322e300d0a5669613a205349502f322e302f55445020613a353036303b6272616e63683d620d0a0d0a"},
	} {
		b, err := hex.DecodeString(seed.payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed.tcp, seed.port, true, b)
	}
	f.Fuzz(func(t *testing.T, tcp bool, port uint16, reply bool, payload []byte) {
		if len(payload) > 1<<12 {
			return
		}
		from, to := uint16(40000), port
		if reply {
			from, to = to, from
		}
		dissect(t, 1, over(tcp, from, to, payload))
	})
}

// Dissecting a service allocates nothing.
func TestServicesAllocate(t *testing.T) {
	for _, payload := range []struct {
		tcp  bool
		port uint16
		data string
	}{
		{false, 53, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01"},
		{false, 161, "\x30\x26\x02\x01\x00\x04\x06public\xa0\x19\x02\x01\x26\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x02\x00\x05\x00"},
		{true, 25, "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"},
		{false, 5060, "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP h:5060;branch=b\r\nFrom: <sip:u@h>;tag=t\r\nCSeq: 1 REGISTER\r\n\r\n"},
		{true, 6379, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"},
		{false, 5683, "\x40\x01\x12\x35\xb3foo\xff{}"},
		{true, 5432, "Q\x00\x00\x00\x0aBEGIN\x00"},
		{true, 20000, "\x05\x64\x0a\x44\x03\x00\x04\x00\x7c\xae\xe6\xf7\x82\x10\x00\x4f\xbd"},
	} {
		frame := over(payload.tcp, 40000, payload.port, []byte(payload.data))
		var st layer.Stack
		var w layer.Walker
		fields := 0
		visit := func(v *layer.Value) bool { fields++; return true }
		if n := testing.AllocsPerRun(10, func() {
			st.Reset(Set(), "link", 1, frame, len(frame))
			for i := range st.Len() {
				w.Walk(&st, i, visit)
			}
		}); n > 0 || fields == 0 {
			t.Errorf("port %d: %v allocations for %d fields", payload.port, n, fields)
		}
	}
}
