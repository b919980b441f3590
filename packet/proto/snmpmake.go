package proto

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// snmpMessage is what is given for a message, and what it has otherwise: a
// get-request of version 2c in the name of the public.
type snmpMessage struct {
	given     []layer.Given
	kind      uint64
	variables []byte
}

// makeSNMP writes a message of version 1 or 2c (RFC 1157 section 4, RFC 3416
// section 3). Each name begins a variable, and a value behind it is its value;
// without one it is null.
func makeSNMP(dst []byte, given []layer.Given) ([]byte, error) {
	m := snmpMessage{given: given}
	m.kind = m.number("snmp.data", 0)
	version := uint64(1)
	if m.kind == 4 {
		version = 0
	}
	if version = m.number("snmp.version", version); version > 2 {
		return dst, fmt.Errorf("messages of version %d are not made of fields; give their bytes", version)
	}
	if m.kind > 8 {
		return dst, fmt.Errorf("there is no message of kind %d", m.kind)
	}
	if err := m.bind(); err != nil {
		return dst, err
	}
	community := []byte("public")
	if g := m.find("snmp.community"); g != nil {
		community = g.B
	}
	body := appendInteger(nil, int64(version))
	body = appendBER(body, 0x04, community)
	body = appendBER(body, 0xA0|byte(m.kind), m.pdu())
	return appendBER(dst, 0x30, body), nil
}

func (m *snmpMessage) find(name string) *layer.Given {
	if i := slices.IndexFunc(m.given, func(g layer.Given) bool { return g.Name == name }); i >= 0 {
		return &m.given[i]
	}
	return nil
}

func (m *snmpMessage) number(name string, otherwise uint64) uint64 {
	if g := m.find(name); g != nil {
		return g.U
	}
	return otherwise
}

// pdu is what a message asks or tells.
func (m *snmpMessage) pdu() []byte {
	var b []byte
	switch m.kind {
	case 4:
		enterprise := []byte{0x2B, 6, 1, 4, 1} // 1.3.6.1.4.1
		if g := m.find("snmp.enterprise"); g != nil {
			enterprise = g.B
		}
		b = appendBER(b, 0x06, enterprise)
		b = appendBER(b, 0x40, m.address("snmp.agent_addr"))
		b = appendInteger(b, int64(m.number("snmp.generic_trap", 0)))
		b = appendInteger(b, int64(m.number("snmp.specific_trap", 0)))
		b = appendUnsigned(b, 0x43, m.number("snmp.time_stamp", 0))
	case 5:
		b = appendInteger(b, int64(m.number("snmp.request_id", 1)))
		b = appendInteger(b, int64(m.number("snmp.non_repeaters", 0)))
		b = appendInteger(b, int64(m.number("snmp.max_repetitions", 10)))
	default:
		b = appendInteger(b, int64(m.number("snmp.request_id", 1)))
		b = appendInteger(b, int64(m.number("snmp.error_status", 0)))
		b = appendInteger(b, int64(m.number("snmp.error_index", 0)))
	}
	return appendBER(b, 0x30, m.variables)
}

func (m *snmpMessage) address(name string) []byte {
	if g := m.find(name); g != nil && len(g.B) == 4 {
		return g.B
	}
	return binary.BigEndian.AppendUint32(nil, uint32(m.number(name, 0)))
}

// bind makes the variables. Those who ask for nothing ask what the device is.
func (m *snmpMessage) bind() error {
	name, value := []byte(nil), []byte(nil)
	flush := func() {
		if name == nil {
			return
		}
		if value == nil {
			value = []byte{0x05, 0}
		}
		m.variables = appendBER(m.variables, 0x30, append(appendBER(nil, 0x06, name), value...))
		name, value = nil, nil
	}
	for i := range m.given {
		g := &m.given[i]
		if g.Name == "snmp.name" {
			flush()
			name = append([]byte{}, g.B...)
			continue
		}
		v := snmpValue(g)
		if v == nil {
			continue
		}
		if name == nil {
			name = sysDescr()
		}
		if value != nil {
			return fmt.Errorf("%s: the variable has a value already; a name begins the next one", g.Name)
		}
		value = v
	}
	flush()
	if m.variables == nil && (m.kind < 2 || m.kind == 5) {
		name = sysDescr()
		flush()
	}
	return nil
}

// sysDescr is 1.3.6.1.2.1.1.1.0 (RFC 3418).
func sysDescr() []byte { return []byte{0x2B, 6, 1, 2, 1, 1, 1, 0} }

// snmpValue is a variable's value as it is sent (RFC 3416 section 3), nil for what
// is none.
func snmpValue(g *layer.Given) []byte {
	switch g.Name {
	case "snmp.value.int":
		return appendInteger(nil, int64(g.U))
	case "snmp.value.octets":
		return appendBER(nil, 0x04, g.B)
	case "snmp.value.oid":
		return appendBER(nil, 0x06, g.B)
	case "snmp.value.ipv4":
		m := snmpMessage{given: []layer.Given{*g}}
		return appendBER(nil, 0x40, m.address(g.Name))
	case "snmp.value.counter":
		if g.U>>32 != 0 {
			return appendUnsigned(nil, 0x46, g.U)
		}
		return appendUnsigned(nil, 0x41, g.U)
	case "snmp.value.g32":
		return appendUnsigned(nil, 0x42, g.U)
	case "snmp.value.timeticks":
		return appendUnsigned(nil, 0x43, g.U)
	case "snmp.value.opaque":
		return appendBER(nil, 0x44, g.B)
	}
	return nil
}

// appendBER appends a value with its tag and length (X.690 section 8.1).
func appendBER(dst []byte, tag byte, contents []byte) []byte {
	dst = append(dst, tag)
	if n := len(contents); n < 0x80 {
		dst = append(dst, byte(n))
	} else {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		least := b[:]
		for least[0] == 0 {
			least = least[1:]
		}
		dst = append(append(dst, 0x80|byte(len(least))), least...)
	}
	return append(dst, contents...)
}

// appendInteger appends an INTEGER in the fewest bytes (X.690 section 8.3).
func appendInteger(dst []byte, v int64) []byte {
	n := 1
	for n < 8 && v>>(8*n-1) != 0 && v>>(8*n-1) != -1 {
		n++
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(v))
	return appendBER(dst, 0x02, b[8-n:])
}

// appendUnsigned appends a number that is never negative, under another tag.
func appendUnsigned(dst []byte, tag byte, v uint64) []byte {
	var b [9]byte
	binary.BigEndian.PutUint64(b[1:], v)
	least := b[:]
	for len(least) > 1 && least[0] == 0 && least[1] < 0x80 {
		least = least[1:]
	}
	return appendBER(dst, tag, least)
}
