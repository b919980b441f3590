package proto

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// smb2Message is a message behind NBSS: a command, flags and body.
func smb2Message(cmd uint16, flags uint32, body string) string {
	b := make([]byte, 68, 68+len(body))
	copy(b[4:], "\xfeSMB\x40\x00")
	binary.LittleEndian.PutUint16(b[16:], cmd)
	binary.LittleEndian.PutUint32(b[20:], flags)
	b = append(b, body...)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return string(b)
}

// A message of NTLM within the setup of a session is a layer of its own.
func TestSMB2Layers(t *testing.T) {
	setup := "\x19\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x58\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct{ data, want string }{
		{smb2Message(1, 0, setup+"NTLMSSP\x00\x01\x00\x00\x00"+strings.Repeat("\x00", 20)), "nbss smb2 ntlmssp"},
		{smb2Message(1, 0, setup+"no NTLM"), "nbss smb2"},
		{smb2Message(5, 0, "NTLMSSP\x00\x01\x00\x00\x00"), "nbss smb2"},
		{"\x00\x00\x00\x40\xffSMB\x72" + strings.Repeat("\x00", 59), "nbss smb"},
		{"some of the middle", "nbss"},
	} {
		var st layer.Stack
		st.ResetFrom(Set().StartAt("nbss"), []byte(c.data), len(c.data))
		var got []string
		for i := range st.Len() {
			got = append(got, st.Layer(i).Proto().Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: layers %v, and should be %s", c.data, got, c.want)
		}
	}
}

// Names of files are UTF-16, times count from 1601.
func TestSMB2Texts(t *testing.T) {
	create := make([]byte, 56)
	binary.LittleEndian.PutUint16(create, 57)
	binary.LittleEndian.PutUint16(create[44:], 120)
	binary.LittleEndian.PutUint16(create[46:], 8)
	data := smb2Message(5, 0, string(create)+"h\x00\xe9\x00\x3d\xd8\x00\xde")[4:]
	if got := walk(t, "smb2", data); !slices.Contains(got, "smb2.filename@120+8=hé😀") {
		t.Errorf("no filename in %s", strings.Join(got, " "))
	}
	answer := make([]byte, 60)
	binary.LittleEndian.PutUint16(answer, 60)
	binary.LittleEndian.PutUint64(answer[8:], 133326065513656000)
	data = smb2Message(6, 1, string(answer))[4:]
	if got := walk(t, "smb2", data); !slices.Contains(got, "smb2.create.time@72+8=2023-06-30T13:49:11.3656Z") {
		t.Errorf("no time in %s", strings.Join(got, " "))
	}
}

func FuzzSMB2(f *testing.F) {
	f.Add(smb2Message(5, 1, strings.Repeat("\x00", 90)))
	f.Add(smb2Message(1, 0, strings.Repeat("\x00", 24)+"NTLMSSP\x00\x03\x00\x00\x00"+strings.Repeat("\x10", 80)))
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("nbss"), []byte(data), len(data))
		for i := range st.Len() {
			w.Walk(&st, i, func(v *layer.Value) bool {
				if v.Off < 0 || v.Off+max(v.Len, 0) > len(data) {
					t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
				}
				return true
			})
		}
	})
}

// A chain of commands goes forward, and ends.
func TestSMBChain(t *testing.T) {
	head := "\xffSMB\x74" + strings.Repeat("\x00", 27)
	logoff := func(next byte, offset uint16) string {
		return "\x02" + string([]byte{next, 0, byte(offset), byte(offset >> 8)}) + "\x00\x00"
	}
	var endless strings.Builder
	for i := range 40 {
		endless.WriteString(logoff(0x74, uint16(32+7*(i+1))))
	}
	for data, want := range map[string]int{
		logoff(0xFF, 0):                       1,
		logoff(0x74, 39) + logoff(0xFF, 0):    2,
		logoff(0x74, 39) + logoff(0x74, 32):   2, // back to the first
		logoff(0x74, 32) + logoff(0x74, 46):   1, // to itself
		logoff(0x74, 4000) + logoff(0xFF, 46): 1, // past the end
		logoff(0x71, 39) + logoff(0x74, 46):   2, // what none may be chained to
		endless.String():                      smbChain,
		"\xff\x00":                            1, // more words than there are
		"":                                    0,
	} {
		got := strings.Count(strings.Join(walk(t, "smb", head+data), " "), "smb.wct@")
		if got != want {
			t.Errorf("%q: %d commands are shown, and should be %d", data, got, want)
		}
	}
}
