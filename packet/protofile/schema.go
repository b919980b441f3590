package protofile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/netwright/netwright/packet/layer"
)

// rawProto is a protocol as it stands in a file.
type rawProto struct {
	Name     string                  `yaml:"name"`
	Title    string                  `yaml:"title"`
	Alias    list[string]            `yaml:"alias"`
	Spec     string                  `yaml:"spec"`
	On       map[string]list[uint64] `yaml:"on"`
	Guess    string                  `yaml:"guess"`
	Refuse   string                  `yaml:"refuse"`
	Check    string                  `yaml:"check"`
	Fields   []rawField              `yaml:"fields"`
	Header   string                  `yaml:"header"`
	Total    string                  `yaml:"total"`
	Payload  string                  `yaml:"payload"`
	Stream   bool                    `yaml:"stream"`
	Align    int                     `yaml:"align"`
	Next     []rawNext               `yaml:"next"`
	Checksum *rawChecksum            `yaml:"checksum"`
	Answers  *rawAnswer              `yaml:"answers"`
	Summary  string                  `yaml:"summary"`
	Tests    []rawTest               `yaml:"tests"`
}

type rawField struct {
	Name    string            `yaml:"name"`
	Alias   string            `yaml:"alias"`
	Also    list[string]      `yaml:"also"`
	Title   string            `yaml:"title"`
	Kind    string            `yaml:"kind"`
	Bits    int               `yaml:"bits"`
	LE      bool              `yaml:"le"`
	Len     string            `yaml:"len"`
	At      string            `yaml:"at"`
	When    string            `yaml:"when"`
	Repeat  string            `yaml:"repeat"`
	Until   string            `yaml:"until"`
	Calc    string            `yaml:"calc"`
	Sub     []rawField        `yaml:"sub"`
	Tight   bool              `yaml:"tight"`
	Switch  string            `yaml:"switch"`
	Cases   []rawCase         `yaml:"cases"`
	Enum    map[uint64]string `yaml:"enum"`
	Words   map[string]uint64 `yaml:"words"`
	Base    string            `yaml:"base"`
	Default uint64            `yaml:"default"`
	Auto    string            `yaml:"auto"`
}

type rawCase struct {
	Of     list[uint64] `yaml:"of"`
	Fields []rawField   `yaml:"fields"`
}

type rawNext struct {
	When   string `yaml:"when"`
	By     string `yaml:"by"`
	Table  string `yaml:"table"`
	Proto  string `yaml:"proto"`
	Quoted bool   `yaml:"quoted"`
}

type rawChecksum struct {
	Field  string `yaml:"field"`
	Sum    string `yaml:"sum"`
	Pseudo bool   `yaml:"pseudo"`
	Header bool   `yaml:"header"`
	Zero   bool   `yaml:"zero"`
}

type rawAnswer struct {
	Swap  [][2]string                  `yaml:"swap"`
	Same  list[string]                 `yaml:"same"`
	Pair  map[string]map[uint64]uint64 `yaml:"pair"`
	When  string                       `yaml:"when"`
	By    list[string]                 `yaml:"by"`
	Alone bool                         `yaml:"alone"`
	Fits  list[rawFit]                 `yaml:"fits"`
}

// rawFit is two expressions, over the bytes of a packet and of its answer, that
// come to the same.
type rawFit struct {
	Ask    string `yaml:"ask"`
	Answer string `yaml:"answer"`
}

type rawTest struct {
	Name   string         `yaml:"name"`
	Hex    string         `yaml:"hex"`
	Fields map[string]any `yaml:"fields"`
	Reason string         `yaml:"malformed"`
}

// list is several values, or one without the brackets.
type list[T any] []T

// UnmarshalYAML reads either form.
func (l *list[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]T)(l))
	}
	var one T
	if err := n.Decode(&one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

var kinds = map[string]layer.Kind{
	"": layer.Uint, "uint": layer.Uint, "int": layer.Int, "bool": layer.Bool, "bytes": layer.Bytes, "string": layer.String,
	"cstring": layer.CString, "mac": layer.MAC, "eui64": layer.EUI64, "ipv4": layer.IPv4, "ipv6": layer.IPv6, "guid": layer.GUID,
	"float": layer.Float, "seconds": layer.Seconds, "ntp": layer.NTP, "oid": layer.OID, "group": layer.Group,
}

var bases = map[string]layer.Base{"": layer.Dec, "dec": layer.Dec, "hex": layer.Hex, "oct": layer.Oct, "char": layer.Char}

var sums = map[string]layer.Sum{"": layer.Internet, "internet": layer.Internet, "crc32c": layer.CRC32C}

// maxFields bounds the fields of one protocol.
const maxFields = 2000

// proto makes the table.
func (r *rawProto) proto() (*layer.Proto, error) {
	if !isName(r.Name) {
		return nil, fmt.Errorf("the protocol's name is %q; write small letters, digits, dots and underscores", r.Name)
	}
	p := &layer.Proto{
		Name: r.Name, Title: r.Title, Alias: r.Alias, Spec: r.Spec, Header: r.Header, Total: r.Total, Payload: r.Payload,
		Stream: r.Stream, Summary: r.Summary, Check: r.Check, Align: r.Align,
	}
	if r.Align < 0 || r.Align > 256 {
		return nil, fmt.Errorf("align is %d; write a number of bytes up to 256", r.Align)
	}
	if p.Title == "" {
		p.Title = r.Name
	}
	count := 0
	var err error
	if p.Fields, err = r.fields(r.Fields, &count); err != nil {
		return nil, err
	}
	tables := make([]string, 0, len(r.On))
	for table := range r.On {
		tables = append(tables, table)
	}
	slices.Sort(tables)
	for _, table := range tables {
		p.On = append(p.On, layer.On{Table: table, Keys: r.On[table]})
	}
	for _, n := range r.Next {
		p.Next = append(p.Next, layer.Next{When: n.When, By: n.By, Table: n.Table, Proto: n.Proto, Quoted: n.Quoted})
	}
	if r.Guess != "" {
		if p.Guess, err = layer.Guess(r.Guess); err != nil {
			return nil, fmt.Errorf("guess: %w", err)
		}
	}
	if r.Refuse != "" {
		if p.Refuse, err = layer.Guess(r.Refuse); err != nil {
			return nil, fmt.Errorf("refuse: %w", err)
		}
	}
	if r.Checksum != nil {
		sum, err := pick(sums, r.Checksum.Sum, "checksum")
		if err != nil {
			return nil, err
		}
		p.Checksum = &layer.Checksum{Field: r.Checksum.Field, Sum: sum, Pseudo: r.Checksum.Pseudo, Header: r.Checksum.Header, Zero: r.Checksum.Zero}
	}
	if r.Answers != nil {
		if p.Answers, err = r.Answers.answer(); err != nil {
			return nil, fmt.Errorf("answers: %w", err)
		}
	}
	return p, nil
}

func (r *rawAnswer) answer() (*layer.Answer, error) {
	a := &layer.Answer{Swap: r.Swap, Same: r.Same, When: r.When, By: r.By, Alone: r.Alone}
	for field, pairs := range r.Pair {
		if a.Pair == nil {
			a.Pair = map[string][]layer.Answers{}
		}
		for ask, answer := range pairs {
			a.Pair[field] = append(a.Pair[field], layer.Answers{Ask: ask, Answer: answer})
		}
	}
	var err error
	a.Fits, err = fits(r.Fits)
	return a, err
}

// fits tells whether all pairs of expressions come to the same.
func fits(raw []rawFit) (func(ask, answer []byte) bool, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var sides [][2]func([]byte) int64
	for _, r := range raw {
		if r.Ask == "" || r.Answer == "" {
			return nil, fmt.Errorf("fits: write two expressions that come to the same, as {ask: u32(4) + 1, answer: u32(8)}")
		}
		ask, err := layer.Number(r.Ask)
		if err != nil {
			return nil, fmt.Errorf("fits: ask: %w", err)
		}
		answer, err := layer.Number(r.Answer)
		if err != nil {
			return nil, fmt.Errorf("fits: answer: %w", err)
		}
		sides = append(sides, [2]func([]byte) int64{ask, answer})
	}
	return func(ask, answer []byte) bool {
		for _, s := range sides {
			if s[0](ask) != s[1](answer) {
				return false
			}
		}
		return true
	}, nil
}

func (r *rawProto) fields(raw []rawField, count *int) ([]layer.Field, error) {
	fields := make([]layer.Field, 0, len(raw))
	for i := range raw {
		if *count++; *count > maxFields {
			return nil, fmt.Errorf("a protocol has at most %d fields", maxFields)
		}
		f, err := r.field(&raw[i], count)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", raw[i].Name, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func (r *rawProto) field(raw *rawField, count *int) (f layer.Field, err error) {
	f = layer.Field{
		Name: raw.Name, Alias: raw.Alias, Also: raw.Also, Title: raw.Title, Bits: raw.Bits, LE: raw.LE, Len: raw.Len, At: raw.At,
		When: raw.When, Repeat: raw.Repeat, Until: raw.Until, Calc: raw.Calc, Switch: raw.Switch, Enum: raw.Enum, Words: raw.Words,
		Default: raw.Default, Auto: raw.Auto, Tight: raw.Tight,
	}
	if f.Name != "" && !strings.Contains(f.Name, ".") {
		if f.Alias == "" {
			f.Alias = f.Name
		}
		f.Name = r.Name + "." + f.Name
	}
	if f.Name != "" && !isName(f.Name) {
		return f, fmt.Errorf("write small letters, digits, dots and underscores in a name")
	}
	if f.Title == "" {
		f.Title = raw.Name
	}
	if f.Kind, err = pick(kinds, raw.Kind, "kind"); err != nil {
		return f, err
	}
	if raw.Kind == "" && raw.Bits == 0 && raw.Calc == "" && (raw.Sub != nil || raw.Cases != nil) {
		f.Kind = layer.Group
	}
	if f.Base, err = pick(bases, raw.Base, "base"); err != nil {
		return f, err
	}
	if f.Sub, err = r.fields(raw.Sub, count); err != nil {
		return f, err
	}
	for _, c := range raw.Cases {
		fields, err := r.fields(c.Fields, count)
		if err != nil {
			return f, err
		}
		f.Cases = append(f.Cases, layer.Case{Of: c.Of, Fields: fields})
	}
	return f, nil
}

// pick finds a word, or says which there are.
func pick[T any](words map[string]T, word, what string) (T, error) {
	v, ok := words[word]
	if ok {
		return v, nil
	}
	var known []string
	for w := range words {
		if w != "" {
			known = append(known, w)
		}
	}
	slices.Sort(known)
	return v, fmt.Errorf("there is no %s %q; there are %s", what, word, strings.Join(known, ", "))
}

func isName(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
