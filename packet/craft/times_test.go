package craft

import (
	"slices"
	"testing"
)

// A line several times is the same packets again, in their order, but for what is at
// random.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"ip dst=192.0.2.1 / udp dport=9",
		"ip dst=192.0.2.0/30 / udp dport=7,9-11 / \"hi\"",
		"ip dst=192.0.2.1,192.0.2.7 / tcp flags=S,SA options=mss:1460",
	} {
		spec, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		var once, thrice []string
		for b, err := range spec.All() {
			if err != nil {
				t.Fatal(err)
			}
			once = append(once, string(b))
		}
		for b, err := range spec.Times(3) {
			if err != nil {
				t.Fatal(err)
			}
			thrice = append(thrice, string(b))
		}
		if !spec.Count().IsInt64() || spec.Count().Int64() != int64(len(once)) || !slices.Equal(thrice, slices.Repeat(once, 3)) {
			t.Errorf("%s: %d packets, and three times they are %d, or others", line, len(once), len(thrice))
		}
		n := 0
		for range spec.Times(0) {
			if n++; n == 5*len(once) {
				break
			}
		}
		if n != 5*len(once) {
			t.Errorf("%s: without end it ends after %d", line, n)
		}
	}
	for _, line := range []string{"ip dst=192.0.2.1 / udp sport=rand dport=9", "ip dst=192.0.2.1 / udp / rand(8)", "ip dst=192.0.2.1 / fuzz(udp)"} {
		spec, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		different := map[string]bool{}
		for b, err := range spec.Times(50) {
			if err != nil {
				t.Fatal(err)
			}
			different[string(b)] = true
		}
		if len(different) < 25 {
			t.Errorf("%s: of 50 packets %d differ", line, len(different))
		}
	}
}
