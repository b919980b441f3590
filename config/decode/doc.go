// Package decode reads YAML into plain Go structs and says, for everything
// that is wrong, where it stands and what would be right.
//
//	type Pool struct {
//		To      []string      `yaml:"to" required:"true"`
//		Timeout time.Duration `yaml:"timeout"`
//	}
//	var pool Pool
//	doc, err := decode.Decode("pool.yaml", data, &pool, nil)
//	// pool.yaml:2:1: unknown key "timeot"; did you mean "timeout"?
//	// pool.yaml:3:10: timeout: "10" is not a duration; give it a unit, as in 10s
//
// All mistakes of a file are reported at once, sorted by position; only a
// syntax error ends the reading. The [Document] that Decode returns remembers
// where every key and value stood, so that a check made later ("no guard has
// the name offce") points there as well.
//
// # Struct tags
//
//	yaml:"name"         the key; a field without it is not read
//	yaml:"url,short"    a scalar in place of the whole mapping sets this field
//	yaml:",inline"      the keys of an embedded struct are those of its parent;
//	                    with ",optional" none of them must be there
//	unit:"bytes"        int64: 16KiB, 10MB, 1000
//	unit:"rate"         float64, per second: 100/s, 6000/m, 10KiB/s
//	unit:"share"        float64, 0 to 1: 50%, 0.5
//	enum:"a|b|c"        string: one of these
//	required:"true"     the key must be there
//	secret:"true"       never printed by [Encode]
//	secret:"A|B"        of a map: the values of these names, in any case
//	path:"true"         a file name, taken relative to the folder of the file;
//	                    "file" or "folder" where it must be there already
//	default:"text"      what documents say of the default, where it depends on the
//	                    machine; "-" for nothing
//
// A slice takes a single value for a list of one. A pointer to a struct is a
// section that may be absent. A time.Duration takes 10s, 1m30s and 7d. The word
// "off" stands for "no limit" where a duration, size, rate, share or number is
// expected, and is stored as -1; an optional section that is off is absent. A
// type with UnmarshalText is a scalar.
//
// # Methods
//
// SetDefaults() is called on each struct after its keys were read, and
// Validate() error after that. Validate may join several errors; one that has
// the method ConfigPath() []string points below the struct it came from.
//
// # Variables
//
// ${env:NAME} and ${file:PATH} in a value are replaced as the file is read, on
// decoded values and never on the text, so what they bring in cannot change the
// structure. Every other ${…} is left to the owner of the value, who names the
// ones that exist through [Options]. $${ stands for a plain ${.
package decode
