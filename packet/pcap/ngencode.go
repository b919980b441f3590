package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// appendOption appends one option, padded.
func appendOption(b []byte, code uint16, value []byte) ([]byte, error) {
	if code == 0 || len(value) > math.MaxUint16 {
		return nil, fmt.Errorf("option %d with %d octets; codes from 1 on and 65,535 octets at most are right", code, len(value))
	}
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return pad(append(b, value...), len(value)), nil
}

// appendOptions appends options and their end; nothing where there are none.
func appendOptions(b []byte, options []Option) ([]byte, error) {
	if len(options) == 0 {
		return b, nil
	}
	var err error
	for i := range options {
		if b, err = appendOption(b, options[i].Code, options[i].Value); err != nil {
			return nil, err
		}
	}
	return append(b, 0, 0, 0, 0), nil
}

// texts makes options of the strings that are not empty.
func texts(pairs ...any) Options {
	var all Options
	for i := 0; i < len(pairs); i += 2 {
		if s := pairs[i+1].(string); s != "" {
			all = append(all, Option{uint16(pairs[i].(int)), []byte(s)})
		}
	}
	return all
}

func (s *Section) appendTo(b []byte) ([]byte, uint32, error) {
	b = binary.LittleEndian.AppendUint32(b, magicByteOrder)
	b = append(b, 1, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, math.MaxUint64) // the section's length is not known yet
	b, err := appendOptions(b, append(texts(2, s.Hardware, 3, s.OS, 4, s.Application), s.Options...))
	return b, blockSection, err
}

func (i *Interface) appendTo(b []byte) ([]byte, uint32, error) {
	b = binary.LittleEndian.AppendUint16(b, uint16(i.LinkType))
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, i.SnapLen)
	all := texts(2, i.Name, 3, i.Description, 12, i.OS, 15, i.Hardware)
	if i.Filter != "" {
		all = append(all, Option{11, append([]byte{0}, i.Filter...)})
	}
	if i.FCS > 0 {
		all = append(all, Option{13, []byte{byte(i.FCS)}})
	}
	all = append(all, Option{9, []byte{9}}) // nanoseconds
	b, err := appendOptions(b, append(all, i.Options...))
	return b, blockInterface, err
}

func (n *Names) appendTo(b []byte) ([]byte, uint32, error) {
	for _, r := range n.Records {
		if width := addressWidth(r.Kind); width == 0 || len(r.Address) != width || len(r.Names) == 0 {
			return nil, 0, fmt.Errorf("a name of kind %d with an address of %d octets and %d names; IPv4 and IPv6 are kinds 1 and 2", r.Kind, len(r.Address), len(r.Names))
		}
		value := append([]byte(nil), r.Address...)
		for _, name := range r.Names {
			value = append(append(value, name...), 0)
		}
		var err error
		if b, err = appendOption(b, r.Kind, value); err != nil {
			return nil, 0, err
		}
	}
	b, err := appendOptions(append(b, 0, 0, 0, 0), n.Options)
	return b, blockNames, err
}

func (s *Statistics) appendTo(b []byte) ([]byte, uint32, error) {
	b = binary.LittleEndian.AppendUint32(b, uint32(s.Interface))
	ticks, err := nanoseconds(s.Time)
	if err != nil {
		return nil, 0, err
	}
	b = appendTicks(b, ticks)
	var all Options
	for i, t := range []time.Time{s.Start, s.End} {
		if t.IsZero() {
			continue
		}
		ticks, err := nanoseconds(t)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, Option{uint16(2 + i), appendTicks(nil, ticks)})
	}
	for i, n := range []*uint64{s.Received, s.Dropped, s.Accepted, s.OSDropped, s.Delivered} {
		if n != nil {
			all = append(all, Option{uint16(4 + i), binary.LittleEndian.AppendUint64(nil, *n)})
		}
	}
	b, err = appendOptions(b, append(all, s.Options...))
	return b, blockStatistics, err
}

// appendTicks appends a time in two words, the high one first.
func appendTicks(b []byte, ticks uint64) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(ticks>>32))
	return binary.LittleEndian.AppendUint32(b, uint32(ticks))
}

func (s *Secrets) appendTo(b []byte) ([]byte, uint32, error) {
	if len(s.Data) > math.MaxInt32 {
		return nil, 0, errors.New("decryption secrets of more than 2 GiB")
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(s.Kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.Data)))
	b, err := appendOptions(pad(append(b, s.Data...), len(s.Data)), s.Options)
	return b, blockSecrets, err
}

func (c *Custom) appendTo(b []byte) ([]byte, uint32, error) {
	kind := uint32(blockCustom)
	if c.Keep {
		kind = blockCustomKeep
	}
	b = binary.LittleEndian.AppendUint32(b, c.PEN)
	return append(b, c.Data...), kind, nil
}

func (r *Raw) appendTo(b []byte) ([]byte, uint32, error) {
	if r.BigEndian {
		return nil, 0, fmt.Errorf("a block of type %#x from a big-endian file cannot be written into a little-endian one: its numbers are not known", r.Type)
	}
	switch r.Type {
	case blockSection, blockInterface, blockPacket, blockSimple, blockEnhanced:
		return nil, 0, fmt.Errorf("a block of type %#x is not to be written raw; there are Write and AddInterface", r.Type)
	}
	return append(b, r.Body...), r.Type, nil
}
