package layer

import "testing"

// A payload that a protocol refuses goes to the one of the next key, then to one
// that guesses.
func TestRefuse(t *testing.T) {
	proto := func(name string, keys []uint64, first byte) *Proto {
		return &Proto{
			Name: name, On: []On{{Table: "port", Keys: keys}}, Fields: []Field{{Name: name + ".data", Kind: Bytes}},
			Refuse: func(b []byte) bool { return b[0] != first },
			Guess:  func(b []byte) bool { return name == "third" && b[0] == first },
		}
	}
	set, err := NewSet(
		&Proto{
			Name: "carrier", On: []On{{Table: "link", Keys: []uint64{1}}}, Header: "2",
			Fields: []Field{{Name: "carrier.low", Bits: 8}, {Name: "carrier.high", Bits: 8}},
			Next:   []Next{{By: "low, high", Table: "port"}},
		},
		&Proto{Name: "data", Fields: []Field{{Name: "data.data", Kind: Bytes}}},
		proto("first", []uint64{1}, 'a'), proto("second", []uint64{2}, 'b'), proto("third", nil, 'c'),
	)
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]string{"a": "first", "b": "second", "c": "third", "d": "data"} {
		var st Stack
		st.Reset(set, "link", 1, append([]byte{1, 2}, payload...), 3)
		if st.Len() != 2 {
			t.Errorf("%q has %d layers, and should have 2", payload, st.Len())
		} else if got := st.Layer(1).Proto().Name; got != want {
			t.Errorf("%q is %s, and should be %s", payload, got, want)
		}
	}
}
