package message

import "bytes"

// Field is one header or trailer field line. Name and Value are ranges over
// memory that somebody else owns; Value has no white space around it.
type Field struct {
	Name, Value []byte
	Known       Name // what Lookup says of Name; Removed hides the field
}

// Fields are the field lines of one message in the order in which they came.
type Fields []Field

// Get returns the value of the first field of that known name, nil without one.
func (f Fields) Get(n Name) []byte {
	for i := range f {
		if f[i].Known == n {
			return f[i].Value
		}
	}
	return nil
}

// Value returns the value of the first field with that name, in any case, and
// whether there is one.
func (f Fields) Value(name string) ([]byte, bool) {
	for i := range f {
		if f[i].Known != Removed && EqualFold(f[i].Name, name) {
			return f[i].Value, true
		}
	}
	return nil, false
}

// Has says whether a field of that known name is there.
func (f Fields) Has(n Name) bool {
	for i := range f {
		if f[i].Known == n {
			return true
		}
	}
	return false
}

// Add appends a field. The bytes are kept, not copied.
func (f *Fields) Add(name, value []byte) {
	*f = append(*f, Field{Name: name, Value: value, Known: Lookup(name)})
}

// AddKnown appends a field of a known name under its usual spelling.
func (f *Fields) AddKnown(n Name, value []byte) {
	*f = append(*f, Field{Name: n.bytes(), Value: value, Known: n})
}

// Set replaces every field of that name by one with this value.
func (f *Fields) Set(name, value []byte) {
	f.Remove(name)
	f.Add(name, value)
}

// Remove hides every field of that name, in any case, and those that read like it
// where "_" counts as "-".
func (f Fields) Remove(name []byte) {
	known := Lookup(name)
	for i := range f {
		if f[i].Known == known && (known != Other || aliases(f[i].Name, name)) {
			f[i].Known = Removed
		}
	}
}

// HasToken says whether the list fields of that name (RFC 9110 §5.6.1) hold the
// token, in any case. token is in lower case.
func (f Fields) HasToken(n Name, token string) bool {
	for i := range f {
		if f[i].Known != n {
			continue
		}
		for rest := f[i].Value; len(rest) > 0; {
			var item []byte
			if item, rest = NextListItem(rest); EqualFold(item, token) {
				return true
			}
		}
	}
	return false
}

// NextListItem cuts the first element off a comma-separated list, without the
// white space around it. Elements may be empty. It does not look into quoted
// strings, which the lists that it is for do not have.
func NextListItem(list []byte) (item, rest []byte) {
	for i, c := range list {
		if c == ',' {
			return TrimSpace(list[:i]), list[i+1:]
		}
	}
	return TrimSpace(list), nil
}

// TrimSpace removes the optional white space of RFC 9110 §5.6.3 at both ends.
func TrimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// EqualFold compares a name with one in lower case, ignoring ASCII case.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		if lowerCase[b[i]] != lowerCase[lower[i]] {
			return false
		}
	}
	return true
}

// aliases says whether two names are one for servers that make variables of them,
// as CGI and WSGI do: X_User and X-User become HTTP_X_USER.
func aliases(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		d := b[i]
		if lowerCase[c] != lowerCase[d] && (c != '_' && c != '-' || d != '_' && d != '-') {
			return false
		}
	}
	return true
}

var lowerCase = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return
}()

// IsToken says whether b is a token (RFC 9110 §5.6.2), the form of names and methods.
func IsToken(b []byte) bool {
	for _, c := range b {
		if !TokenByte[c] {
			return false
		}
	}
	return len(b) > 0
}

// IsFieldValue says whether b may be a field value: visible bytes, 0x80 and
// above, space and tab (RFC 9110 §5.5).
func IsFieldValue(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// TokenByte tells the bytes that a token may have (RFC 9110 §5.6.2).
var TokenByte = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return
}()

// StripNominated hides the fields that Connection names as its own (RFC 9110
// §7.6.1), but for those that no sender may take away (see Name.Nominable).
func (f Fields) StripNominated() {
	for i := range f {
		if f[i].Known != Connection {
			continue
		}
		for rest := f[i].Value; len(rest) > 0; {
			var item []byte
			if item, rest = NextListItem(rest); nominable(item) {
				f.Remove(item)
			}
		}
	}
}

// nominable says whether Connection may take that field away. Besides those that
// Name.Nominable keeps, whatever says who forwarded the message stays.
func nominable(name []byte) bool {
	const forwarded = "x-forwarded-"
	known := Lookup(name)
	if len(name) == 0 || !known.Nominable() || known.HopByHop() {
		return false
	}
	return len(name) < len(forwarded) || !EqualFold(name[:len(forwarded)], forwarded)
}

// Cookie returns the value of the first cookie of that name in Cookie fields
// (RFC 6265 §4.2), nil without one.
func (f Fields) Cookie(name string) []byte {
	for i := range f {
		if f[i].Known != Cookie {
			continue
		}
		for rest := f[i].Value; len(rest) > 0; {
			pair := rest
			if end := bytes.IndexByte(rest, ';'); end >= 0 {
				pair, rest = rest[:end], rest[end+1:]
			} else {
				rest = nil
			}
			if key, value, ok := bytes.Cut(TrimSpace(pair), []byte("=")); ok && string(key) == name {
				return value
			}
		}
	}
	return nil
}
