package layer_test

import (
	"math"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

func TestFloat(t *testing.T) {
	for _, tt := range []struct {
		name      string
		bits, len int
		u         uint64
		want      string
	}{
		{"32 bits", 32, 4, uint64(math.Float32bits(0.1)), "0.1"},
		{"64 bits", 64, 8, math.Float64bits(0.1), "0.1"},
		{"64 bits over 4 bytes", 64, 4, math.Float64bits(4294967.295), "4.294967295e+06"},
		{"as long as they are", 0, 4, uint64(math.Float32bits(1.5)), "1.5"},
	} {
		v := layer.Value{Field: &layer.Field{Kind: layer.Float, Bits: tt.bits}, Len: tt.len, U: tt.u}
		if got := string(v.AppendShow(nil)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
