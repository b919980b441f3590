package proto

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// sshInit is a packet with lists of algorithms, sound in all lengths.
func sshInit(lists ...string) string {
	b := append([]byte{20}, "0123456789abcdef"...)
	for i := range 10 {
		list := ""
		if i < len(lists) {
			list = lists[i]
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(list))), list...)
	}
	b = append(b, 0, 0, 0, 0, 0)
	pad := 8 - (len(b)+5)%8 + 8
	packet := append(binary.BigEndian.AppendUint32(nil, uint32(len(b)+1+pad)), byte(pad))
	return string(append(append(packet, b...), make([]byte, pad)...))
}

// A version with a packet behind it, as some send them; then new keys, and what is
// encrypted by them.
func TestSSH(t *testing.T) {
	got := walk(t, "ssh", "SSH-2.0-x\r\n"+sshInit("a,b", "c")+"\x00\x00\x00\x0c\x0a\x15paddingpad"+"\x00\x00\x00\x0c\x0a\x15paddingpad")
	for _, want := range []string{
		"ssh.protocol@0+9=SSH-2.0-x", "ssh.kex_algorithms@37+3=a,b", "ssh.server_host_key_algorithms@44+1=c", "ssh.message_code@16+1=20",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %s", want, strings.Join(got, " "))
		}
	}
	if n := strings.Count(strings.Join(got, " "), "ssh.message_code"); n != 2 {
		t.Errorf("%d packets, and should be 2: %s", n, strings.Join(got, " "))
	}
}

func TestGuessSSH(t *testing.T) {
	for data, want := range map[string]bool{
		"SSH-2.0-OpenSSH_9.7\r\n":             true,
		sshInit(strings.Repeat("a", 80)):      true,
		"\x00\x00\x00\x0c\x0a\x15paddingpad":  true,
		"\x00\x00\x00\x0c\x0b\x15paddingpad":  false,
		"\x00\x00\x00\x0d\x0a\x15paddingpad1": false,
		"SSH":                                 false,
	} {
		if guessSSH([]byte(data)) != want {
			t.Errorf("%q: guessed %t", data, !want)
		}
	}
}

func FuzzSSH(f *testing.F) {
	f.Add("SSH-2.0-x\n" + sshInit("a"))
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("ssh"), []byte(data), len(data))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Off+max(v.Len, 0) > len(data) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			return true
		})
	})
}
