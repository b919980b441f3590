package protofile

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/netwright/netwright/packet/dissect"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// Test is what the bytes of a protocol must read as.
type Test struct {
	Name   string
	Data   []byte
	Fields map[string]any // by full name, as the JSON of dissect has them
	Reason string         // why the bytes are malformed; empty if they are not

	proto string
}

func (r *rawTest) test(p *layer.Proto, i int) (Test, error) {
	name := r.Name
	if name == "" {
		name = fmt.Sprintf("test %d", i+1)
	}
	data, err := hex.DecodeString(strings.Join(strings.Fields(r.Hex), ""))
	if err != nil {
		return Test{}, fmt.Errorf("%s: hex: %w", name, err)
	}
	// Numbers and lists are compared as JSON has them.
	text, err := json.Marshal(own(r.Fields, p.Name))
	if err != nil {
		return Test{}, fmt.Errorf("%s: fields: %w", name, err)
	}
	t := Test{Name: name, Data: data, Reason: r.Reason, proto: p.Name}
	return t, json.Unmarshal(text, &t.Fields)
}

// own gives names without a dot the protocol's.
func own(v any, proto string) any {
	switch v := v.(type) {
	case map[string]any:
		named := map[string]any{}
		for key, value := range v {
			if !strings.Contains(key, ".") {
				key = proto + "." + key
			}
			named[key] = own(value, proto)
		}
		return named
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = own(v[i], proto)
		}
		return all
	}
	return v
}

// Run reads the bytes and returns what differs, or nil.
func (t *Test) Run(set *layer.Set) error {
	if set.Proto(t.proto) == nil {
		return fmt.Errorf("%s: the set has no protocol %s", t.Name, t.proto)
	}
	p := dissect.NewPacketAt(set, t.proto)
	p.Read(&pcap.Packet{Data: t.Data, Length: len(t.Data)})
	var got struct {
		Layers []struct {
			Proto  string
			Fields map[string]any
		}
		Malformed string
	}
	text := dissect.NewJSON(set).Append(nil, p)
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if got.Malformed != t.Reason {
		return fmt.Errorf("%s: malformed is %q, and should be %q", t.Name, got.Malformed, t.Reason)
	}
	fields := got.Layers[0].Fields
	want := t.Fields
	if want == nil {
		want = map[string]any{}
	}
	if reflect.DeepEqual(fields, want) {
		return nil
	}
	have, _ := json.Marshal(fields)
	should, _ := json.Marshal(want)
	return fmt.Errorf("%s: fields are\n  %s\nand should be\n  %s", t.Name, have, should)
}
