package proto

import "github.com/netwright/netwright/packet/layer"

var dnp3 = &layer.Proto{
	Name: "dnp3", Title: "Distributed Network Protocol 3.0", Alias: []string{"DNP3"}, Spec: "IEEE 1815-2012 sections 4 and 9",
	On: []layer.On{
		{Table: "tcp.port", Keys: []uint64{20000}},
		{Table: "udp.port", Keys: []uint64{20000}},
	},
	Guess:  isDNP3,
	Refuse: func(b []byte) bool { return !isDNP3(b) },
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: dnp3Length, Sub: []layer.Field{
		{Name: "dnp3.start", Title: "Start Bytes", Bits: 16, Base: layer.Hex, Default: 0x0564},
		{Name: "dnp3.len", Alias: "len", Title: "Length", Bits: 8},
		{Name: "dnp3.ctl", Alias: "ctl", Title: "Control", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "dnp3.ctl.dir", Title: "Direction", Kind: layer.Bool, Bits: 1},
			{Name: "dnp3.ctl.prm", Title: "Primary", Kind: layer.Bool, Bits: 1},
			{Name: "dnp3.ctl.fcb", Title: "Frame Count Bit", Kind: layer.Bool, Bits: 1, When: "prm"},
			{Name: "dnp3.ctl.fcv", Title: "Frame Count Valid", Kind: layer.Bool, Bits: 1, When: "prm"},
			{Name: "dnp3.ctl.prifunc", Title: "Control Function Code", Bits: 4, When: "prm", Enum: layer.Enum{
				0: "Reset of Remote Link", 1: "Reset of User Process", 2: "Test Function For Link", 3: "User Data", 4: "Unconfirmed User Data", 9: "Request Link Status",
			}},
		}},
		{Name: "dnp3.dst", Alias: "dst", Title: "Destination", Bits: 16, LE: true},
		{Name: "dnp3.src", Alias: "src", Title: "Source", Bits: 16, LE: true},
		{Name: "dnp3.hdr.CRC", Title: "Data Link Header checksum", Bits: 16, LE: true, Base: layer.Hex},
		{Name: "dnp3.tr.ctl", Alias: "tr", Title: "Transport Control", Bits: 8, Base: layer.Hex, At: "pos", When: "rest > 2", Sub: []layer.Field{
			{Name: "dnp3.tr.fin", Title: "Final", Kind: layer.Bool, Bits: 1},
			{Name: "dnp3.tr.fir", Title: "First", Kind: layer.Bool, Bits: 1},
			{Name: "dnp3.tr.seq", Title: "Sequence", Bits: 6},
		}},
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "dnp.data_chunk", Title: "Data Chunk", Kind: layer.Bytes, Len: "rest > 18 ? 16 : rest - 2"},
			{Name: "dnp.data_chunk_len", Title: "Data Chunk length", Calc: "pos"},
			{Name: "dnp.data_chunk.CRC", Title: "Data Chunk checksum", Bits: 16, LE: true, Base: layer.Hex},
		}},
		{Kind: layer.Group, At: "10", When: "len > 5 && (tr & 0xC0) == 0xC0", Sub: []layer.Field{
			{Kind: layer.Group, Code: readDNP3, Sub: dnp3Application},
		}},
	}}},
	Summary: "${src} → ${dst} ${func}",
}

// dnp3Length is how much of a frame is there: the header, and the data, of which
// each 16 bytes have a checksum behind them.
const dnp3Length = "u8(2) < 5 || 10 + u8(2) - 5 + (u8(2) - 5 + 15) / 16 * 2 > rest ? rest : 10 + u8(2) - 5 + (u8(2) - 5 + 15) / 16 * 2"

func isDNP3(b []byte) bool {
	return len(b) >= 10 && b[0] == 0x05 && b[1] == 0x64 && b[2] >= 5
}

const (
	dnp3Control = iota
	dnp3Function
	dnp3Indications
	dnp3Object
	dnp3Prefix
	dnp3Range
	dnp3Quantity
	dnp3Start
	dnp3Stop
	dnp3Index
	dnp3Op
	dnp3Clear
	dnp3Trip
	dnp3Count
	dnp3On
	dnp3Off
	dnp3Status
	dnp3Point
	dnp3BinaryIn
	dnp3BinaryOut
	dnp3Analog
	dnp3Integer
	dnp3Bit
	dnp3Fragments
	dnp3FragmentCount
	dnp3FragmentLength
)

// dnp3Application are the fields of the application layer. They have no place in
// the frame, as checksums stand between its bytes.
var dnp3Application = []layer.Field{
	{Name: "dnp3.al.ctl", Title: "Application Control", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Name: "dnp3.al.fir", Title: "First", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.fin", Title: "Final", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.con", Title: "Confirm", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.uns", Title: "Unsolicited", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.seq", Title: "Sequence", Bits: 4},
	}},
	{Name: "dnp3.al.func", Alias: "func", Title: "Application Layer Function Code", Bits: 8, Enum: dnp3Functions},
	{Name: "dnp3.al.iin", Title: "Internal Indications", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
		{Name: "dnp3.al.iin.rst", Title: "Device Restart", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.dt", Title: "Device Trouble", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.dol", Title: "Digital Outputs in Local", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.tsr", Title: "Time Sync Required", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.cls3d", Title: "Class 3 Data Available", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.cls2d", Title: "Class 2 Data Available", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.cls1d", Title: "Class 1 Data Available", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.bmsg", Title: "Broadcast Msg Rx", Kind: layer.Bool, Bits: 1},
		{Bits: 2},
		{Name: "dnp3.al.iin.cc", Title: "Configuration Corrupt", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.oae", Title: "Operation Already Executing", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.ebo", Title: "Event Buffer Overflow", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.pioor", Title: "Parameters Invalid or Out of Range", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.obju", Title: "Requested Objects Unknown", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.iin.fcni", Title: "Function Code not implemented", Kind: layer.Bool, Bits: 1},
	}},
	{Name: "dnp3.al.obj", Title: "Object", Bits: 16, Base: layer.Hex},
	{Name: "dnp3.al.objq.prefix", Title: "Prefix Code", Bits: 8},
	{Name: "dnp3.al.objq.range", Title: "Range Code", Bits: 8},
	{Name: "dnp3.al.range.quantity", Title: "Number of Items", Bits: 16},
	{Name: "dnp3.al.range.start", Title: "Start", Bits: 16},
	{Name: "dnp3.al.range.stop", Title: "Stop", Bits: 16},
	{Name: "dnp3.al.index", Title: "Index", Bits: 16},
	{Name: "dnp3.ctl.op", Title: "Operation Type", Bits: 4},
	{Name: "dnp3.ctl.clr", Title: "Clear", Kind: layer.Bool, Bits: 1},
	{Name: "dnp3.ctl.trip", Title: "Trip Control Code", Bits: 2},
	{Name: "dnp3.al.count", Title: "Count", Bits: 8},
	{Name: "dnp3.al.on_time", Title: "On Time", Bits: 32},
	{Name: "dnp3.al.off_time", Title: "Off Time", Bits: 32},
	{Name: "dnp3.al.ctrlstatus", Title: "Control Status", Bits: 8},
	{Name: "dnp3.al.point_index", Title: "Point Index", Bits: 32},
	{Bits: 8, Sub: []layer.Field{
		{Name: "dnp3.al.biq.b7", Title: "Point Value", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b6", Title: "Reserved", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b5", Title: "Chatter Filter", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b4", Title: "Local Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b3", Title: "Remote Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b2", Title: "Comm Fail", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b1", Title: "Restart", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.biq.b0", Title: "Online", Kind: layer.Bool, Bits: 1},
	}},
	{Bits: 8, Sub: []layer.Field{
		{Name: "dnp3.al.boq.b7", Title: "Point Value", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b6", Title: "Reserved", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b5", Title: "Reserved", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b4", Title: "Local Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b3", Title: "Remote Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b2", Title: "Comm Fail", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b1", Title: "Restart", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.boq.b0", Title: "Online", Kind: layer.Bool, Bits: 1},
	}},
	{Bits: 8, Sub: []layer.Field{
		{Name: "dnp3.al.aiq.b7", Title: "Reserved", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b6", Title: "Reference Check", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b5", Title: "Over-Range", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b4", Title: "Local Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b3", Title: "Remote Force", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b2", Title: "Comm Fail", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b1", Title: "Restart", Kind: layer.Bool, Bits: 1},
		{Name: "dnp3.al.aiq.b0", Title: "Online", Kind: layer.Bool, Bits: 1},
	}},
	{Name: "dnp3.al.ana.int", Title: "Value", Kind: layer.Int, Bits: 32},
	{Name: "dnp3.al.bit", Title: "Value", Kind: layer.Bool, Bits: 1},
	{Name: "dnp3.al.fragments", Title: "Application Layer Fragments", Kind: layer.Group},
	{Name: "dnp3.al.fragment.count", Title: "Fragment Count", Bits: 32},
	{Name: "dnp3.al.fragment.reassembled.length", Title: "Reassembled Application Layer Length", Bits: 32},
}

// dnp3Data is the data of a frame without its checksums, and how far it is read.
type dnp3Data struct {
	w      *layer.Walker
	off    int
	data   [256]byte
	at, n  int
	failed bool
}

// read takes a number of so many bytes, the least first.
func (d *dnp3Data) read(size int) (u uint64) {
	if d.at+size > d.n {
		d.failed = true
		return 0
	}
	for i := size - 1; i >= 0; i-- {
		u = u<<8 | uint64(d.data[d.at+i])
	}
	d.at += size
	return u
}

// show shows a number, unless it is cut off.
func (d *dnp3Data) show(i int, u uint64) bool {
	return !d.failed && d.w.Emit(i, d.off, 0, u, nil)
}

func readDNP3(w *layer.Walker) {
	d := dnp3Data{w: w, off: w.Offset()}
	for b := w.Rest(); len(b) > 2; b = b[min(18, len(b)):] {
		d.n += copy(d.data[d.n:], b[:min(16, len(b)-2)])
	}
	d.at = 1 // behind the transport's byte
	if !d.show(dnp3Fragments, 0) || !d.show(dnp3FragmentCount, 1) || !d.show(dnp3FragmentLength, uint64(max(d.n-1, 0))) || !d.show(dnp3Control, d.read(1)) {
		return
	}
	function := d.read(1)
	if !d.show(dnp3Function, function) {
		return
	}
	if function == 129 || function == 130 {
		high := d.read(1)
		if !d.show(dnp3Indications, high<<8|d.read(1)) {
			return
		}
	}
	for dnp3HasObjects(function) && d.at < d.n && d.object(function) {
	}
}

// object shows an object's header and, if it is known, what it holds. It returns
// false when what follows cannot be told.
func (d *dnp3Data) object(function uint64) bool {
	high := d.read(1)
	kind := high<<8 | d.read(1)
	qualifier := d.read(1)
	if !d.show(dnp3Object, kind) || !d.show(dnp3Prefix, qualifier>>4&7) || !d.show(dnp3Range, qualifier&15) {
		return false
	}
	count, first := uint64(0), uint64(0)
	switch size := 1; qualifier & 15 {
	case 1:
		size = 2
		fallthrough
	case 0:
		start := d.read(size)
		stop := d.read(size)
		if !d.show(dnp3Start, start) || !d.show(dnp3Stop, stop) {
			return false
		}
		count, first = stop-start+1, start
	case 8:
		size = 2
		fallthrough
	case 7:
		if count = d.read(size); !d.show(dnp3Quantity, count) {
			return false
		}
	case 6:
	default:
		return false
	}
	// A request to read, and the like, names objects alone.
	if function == 1 || function == 20 || function == 21 || function == 22 || count == 0 {
		return true
	}
	return d.points(kind, qualifier>>4&7, first, count)
}

// dnp3Points say what objects are made of: their flags, their number, and the
// bytes behind that are not shown, such as times.
var dnp3Points = map[uint64]struct{ flags, number, skip int }{
	0x0102: {dnp3BinaryIn, 0, 0}, 0x0201: {dnp3BinaryIn, 0, 0}, 0x0202: {dnp3BinaryIn, 0, 6}, 0x0203: {dnp3BinaryIn, 0, 2}, 0x0A02: {dnp3BinaryOut, 0, 0},
	0x1E01: {dnp3Analog, 4, 0}, 0x1E02: {dnp3Analog, 2, 0}, 0x1E03: {0, 4, 0}, 0x1E04: {0, 2, 0}, 0x2001: {dnp3Analog, 4, 0}, 0x2002: {dnp3Analog, 2, 0},
	0x3201: {0, 0, 6}, 0x3301: {0, 0, 6}, 0x3302: {0, 0, 6}, 0x3402: {0, 0, 2},
}

// points shows the points of an object, if it is known what they are.
func (d *dnp3Data) points(kind, prefix, first, count uint64) bool {
	layout, known := dnp3Points[kind]
	if !known && kind != 0x0C01 && kind != 0x0101 {
		return false
	}
	for k := range count {
		switch {
		case kind == 0x0101 && k%8 == 0:
			d.read(1)
		case prefix == 1 || prefix == 2:
			if !d.show(dnp3Index, d.read(int(prefix))) {
				return false
			}
		}
		if prefix == 0 && !d.show(dnp3Point, first+k) {
			return false
		}
		switch kind {
		case 0x0C01:
			if !d.relay() {
				return false
			}
		case 0x0101:
			if !d.show(dnp3Bit, uint64(d.data[d.at-1]>>(k%8)&1)) {
				return false
			}
		}
		if layout.flags != 0 && !d.show(layout.flags, d.read(1)) {
			return false
		}
		if n := layout.number; n > 0 {
			shift := 64 - 8*n
			if !d.show(dnp3Integer, uint64(int64(d.read(n)<<shift)>>shift)) {
				return false
			}
		}
		if d.read(layout.skip); d.failed {
			return false
		}
	}
	return true
}

// relay shows a control relay output block.
func (d *dnp3Data) relay() bool {
	code := d.read(1)
	return d.show(dnp3Op, code&15) && d.show(dnp3Clear, code>>5&1) && d.show(dnp3Trip, code>>6) && d.show(dnp3Count, d.read(1)) &&
		d.show(dnp3On, d.read(4)) && d.show(dnp3Off, d.read(4)) && d.show(dnp3Status, d.read(1))
}

var dnp3Functions = layer.Enum{
	0: "Confirm", 1: "Read", 2: "Write", 3: "Select", 4: "Operate", 5: "Direct Operate", 6: "Direct Operate No Ack", 13: "Cold Restart",
	14: "Warm Restart", 18: "Stop Application", 20: "Enable Spontaneous Messages", 21: "Disable Spontaneous Messages", 22: "Assign Classes",
	23: "Delay Measurement", 24: "Record Current Time", 25: "Open File", 26: "Close File", 27: "Delete File", 129: "Response", 130: "Unsolicited Response",
}

// dnp3HasObjects tells whether objects follow a function's code in a form that
// their headers tell: not with restarts and the like, nor with authentication.
func dnp3HasObjects(function uint64) bool {
	return function < 13 || function > 19 && function < 32 || function == 129 || function == 130
}
