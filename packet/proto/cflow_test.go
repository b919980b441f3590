package proto

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// cflow5Frame is a header and one record of version 5.
const cflow5Frame = "\x00\x05\x00\x01\x00\x0f\x42\x40\x65\x53\xf1\x00\x00\x00\x00\x05\x00\x00\x00\x4d\x01\x02\x40\x64" +
	"\x0a\x00\x00\x01\x0a\x00\x01\x01\x0a\x00\x00\xfe\x00\x01\x00\x02\x00\x00\x00\x0b\x00\x00\x03\xe9\x00\x0d\xbb\xa0\x00\x0e\x7e\xf0" +
	"\x04\xd2\x00\x50\x00\x1b\x06\x20\xfd\xe9\xfd\xea\x18\x10\x00\x00"

// cflow9Frame has a template and two records of it, one for options with a scope,
// and a set whose template is not there.
const cflow9Frame = "\x00\x09\x00\x04\x00\x0f\x42\x40\x65\x53\xf1\x00\x00\x00\x00\x4e\x00\x00\x00\x63" +
	"\x00\x00\x00\x14\x01\x00\x00\x03\x00\x08\x00\x04\x00\x07\x00\x02\x00\x06\x00\x01" +
	"\x01\x00\x00\x14\x0a\x00\x00\x01\x04\xd2\x1b\x0a\x00\x00\x02\x04\xd3\x02\x00\x00" +
	"\x00\x01\x00\x12\x01\x01\x00\x04\x00\x04\x00\x01\x00\x04\x00\x22\x00\x02" +
	"\x01\x01\x00\x0a\x00\x00\x00\x07\x00\x64" +
	"\x01\x09\x00\x06\x01\x02"

// cflow10Frame is IPFIX: a template with a name of any length and a field of an
// enterprise's own, and a record.
const cflow10Frame = "\x00\x0a\x00\x44\x65\x53\xf1\x00\x00\x00\x00\x05\x00\x00\x00\x2a" +
	"\x00\x02\x00\x1c\x01\x2c\x00\x04\x00\x52\xff\xff\x80\x64\x00\x02\x00\x00\x00\x09\x00\x98\x00\x08\x00\x3d\x00\x01" +
	"\x01\x2c\x00\x18\x04eth0\x00\x2a\x00\x00\x01\x8b\xcf\xe5\x68\x7b\x01" + "\x00\x00\x00\x00"

func TestCflow(t *testing.T) {
	for name, tt := range map[string]struct {
		frame string
		want  []string
	}{
		"5": {cflow5Frame, []string{"cflow.count@2+2=1", "cflow.sysuptime@4+4=1000", "cflow.samplerate@22+2=100", "cflow.srcaddr@24+4=10.0.0.1", "cflow.timestart@48+4=900", "cflow.dstport@58+2=80", "cflow.dstmask@69+1=16"}},
		"9": {cflow9Frame, []string{
			"cflow.template_id@24+2=256", "cflow.template_field_type@32+2=7", "cflow.srcaddr@44+4=10.0.0.1", "cflow.tcpflags.syn@50+1=1",
			"cflow.srcaddr@51+4=10.0.0.2", "cflow.tcpflags.syn@57+1=1", "cflow.padding@58+2=00:00",
			"cflow.scope_field_type@70+2=1", "cflow.scope_system@82+4=00:00:00:07", "cflow.sampling_interval@86+2=100", "cflow.flowset_id@88+2=265",
		}},
		"IPFIX": {cflow10Frame, []string{
			"cflow.len@2+2=68", "cflow.template_cisco_field_type@28+2=100", "cflow.template_ipfix_field_pen@32+4=9", "cflow.if_name@49+4=eth0",
			"cflow.enterprise_private_entry@53+2=00:2a", "cflow.abstimestart@55+8=2023-11-14T22:13:20.123Z", "cflow.direction@63+1=1",
		}},
	} {
		got := walk(t, "cflow", tt.frame)
		for _, want := range tt.want {
			if !slices.Contains(got, want) {
				t.Errorf("version %s: %s is not among %s", name, want, strings.Join(got, " "))
			}
		}
	}
}

// A record is shown by a template that came before it, not by one behind it.
func TestCflowOrder(t *testing.T) {
	template, records := cflow9Frame[20:40], cflow9Frame[40:60]
	if got := strings.Join(walk(t, "cflow", cflow9Frame[:20]+records+template), " "); strings.Contains(got, "srcaddr") {
		t.Errorf("records are shown by a template that comes later: %s", got)
	}
}

// Many sets without a template cost no more than a look at each.
func TestCflowBound(t *testing.T) {
	set := binary.BigEndian.AppendUint16([]byte{1, 0}, 5)
	frame := cflow9Frame[:20] + strings.Repeat(string(append(set, 0)), 12000)
	if got := walk(t, "cflow", frame); len(got) < 1000 {
		t.Errorf("%d fields are shown", len(got))
	}
}

func FuzzCflow(f *testing.F) {
	for _, frame := range []string{cflow5Frame, cflow9Frame, cflow10Frame} {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("cflow"), []byte(data), len(data))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Off+max(v.Len, 0) > len(data) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			return true
		})
	})
}
