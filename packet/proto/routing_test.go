package proto

import (
	"encoding/hex"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// What routers send most can be built of their names and defaults alone.
func TestBuildRouting(t *testing.T) {
	for _, tt := range []struct {
		proto  string
		fields []layer.Given
		want   string
	}{
		{"ospf", nil, "0201002c0000000000000000000000000000000000000000" + "ffffff00000a0001000000280000000000000000"},
		{"bfd", []layer.Given{{Name: "my_discriminator", U: 1}, {Name: "your_discriminator", U: 2}}, "20c003180000000100000002" + "3b9aca003b9aca003b9aca00"},
		{"hsrp", nil, "000010030a78010000000000000000000000" + "0000"},
		{"ah", []layer.Given{{Name: "spi", U: 7}}, "000100000000000700000000"},
	} {
		b, err := Set().Build(nil, layer.Part{Proto: tt.proto, Fields: tt.fields})
		if got := hex.EncodeToString(b); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.proto, got, err, tt.want)
		}
	}
}
