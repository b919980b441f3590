package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many frames are handed out at once at most: as many as the
// cache holds beside other things.
const batch = 256

// ring is the kernel's ring, mapped. One goroutine uses it.
type ring interface {
	// read appends the frames that are there, at most as many as fit.
	read(frames []Frame) []Frame
	// release gives back to the kernel what read gave.
	release()
	// ready says whether read would give something.
	ready() bool
	// statistics gives what was counted since the last call.
	statistics(fd int) (Stats, error)
	unmap() error
}

// newRing asks the kernel for a ring and maps it.
func newRing(fd int, cfg Config, v *view) (ring, error) {
	version := unix.TPACKET_V3
	if cfg.Immediate {
		version = unix.TPACKET_V2 // V3 tells of a frame only when its block is full or waited long enough
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, version); err != nil {
		return nil, fmt.Errorf("version of the ring: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_RESERVE, headroom); err != nil {
		return nil, fmt.Errorf("room before packets: %w", err)
	}
	if cfg.Immediate {
		return newSlots(fd, cfg, v)
	}
	return newBlocks(fd, cfg, v)
}

func mapRing(fd int, size int64) ([]byte, error) {
	mem, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map a ring of %d bytes: %w", size, err)
	}
	return mem, nil
}

func status(mem []byte, offset int) *uint32 { return (*uint32)(unsafe.Pointer(&mem[offset])) }

// tagOf reads the VLAN tag of a frame; 0 as its type says that there is none.
func tagOf(status uint32, tpid, tci uint16) (tagType, tag uint16) {
	if status&unix.TP_STATUS_VLAN_VALID == 0 {
		return 0, 0
	}
	if status&unix.TP_STATUS_VLAN_TPID_VALID == 0 {
		tpid = 0x8100
	}
	return tpid, tci
}

// Where things lie (linux/if_packet.h).
const (
	blockHeader      = 8 // of struct tpacket_block_desc, before struct tpacket_hdr_v1
	blockStatus      = blockHeader
	blockPackets     = blockHeader + 4
	blockFirst       = blockHeader + 8
	sockaddrLen      = unix.SizeofSockaddrLinklayer
	headerLen3       = int(unsafe.Sizeof(unix.Tpacket3Hdr{}))
	headerLen2       = int(unsafe.Sizeof(unix.Tpacket2Hdr{}))
	mostBeforePacket = 256 // headers, addresses, alignment and headroom before a packet, generously
)

// blocks is a TPACKET_V3 ring: packets lie one after the other in blocks, which
// change hands as a whole.
type blocks struct {
	mem   []byte
	view  *view
	size  int // of a block
	n     int
	cur   int // the block that is read
	left  int // packets of it not read yet
	at    int // the next of them
	spent bool
}

func newBlocks(fd int, cfg Config, v *view) (*blocks, error) {
	b := &blocks{view: v, size: int(cfg.Block), n: int(cfg.Ring / cfg.Block)}
	req := &unix.TpacketReq3{
		Block_size: uint32(b.size), Block_nr: uint32(b.n),
		Frame_size: uint32(b.size), Frame_nr: uint32(b.n), // not used but checked
		Retire_blk_tov: uint32(cfg.Wait.Milliseconds()),
	}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, req); err != nil {
		return nil, fmt.Errorf("a ring of %d blocks of %d bytes: %w", b.n, b.size, err)
	}
	var err error
	b.mem, err = mapRing(fd, int64(b.n)*int64(b.size))
	return b, err
}

func (b *blocks) ready() bool {
	return b.left > 0 || atomic.LoadUint32(status(b.mem, b.cur*b.size+blockStatus))&unix.TP_STATUS_USER != 0
}

func (b *blocks) read(frames []Frame) []Frame {
	if !b.ready() {
		return frames
	}
	begin := b.cur * b.size
	block := b.mem[begin : begin+b.size : begin+b.size]
	if b.left == 0 {
		b.left = int(binary.NativeEndian.Uint32(block[blockPackets:]))
		b.at = int(binary.NativeEndian.Uint32(block[blockFirst:]))
	}
	for ; b.left > 0 && len(frames) < cap(frames); b.left-- {
		mem := block[b.at:]
		h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&mem[0]))
		s := slot{
			mem: mem, offset: int(h.Mac), captured: int(h.Snaplen), length: int(h.Len), sec: h.Sec, nsec: h.Nsec,
			pending: h.Status&unix.TP_STATUS_CSUMNOTREADY != 0,
			address: mem[headerLen3 : headerLen3+sockaddrLen],
		}
		s.tagType, s.tag = tagOf(h.Status, h.Hv1.Vlan_tpid, uint16(h.Hv1.Vlan_tci))
		frames = frames[:len(frames)+1]
		b.view.fill(&frames[len(frames)-1], &s)
		b.at += int(h.Next_offset)
	}
	b.spent = b.left == 0
	return frames
}

func (b *blocks) release() {
	if !b.spent {
		return
	}
	atomic.StoreUint32(status(b.mem, b.cur*b.size+blockStatus), unix.TP_STATUS_KERNEL)
	b.cur = (b.cur + 1) % b.n
	b.spent = false
}

func (b *blocks) statistics(fd int) (Stats, error) {
	s, err := unix.GetsockoptTpacketStatsV3(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return Stats{}, err
	}
	return Stats{Received: uint64(s.Packets), Dropped: uint64(s.Drops), Freezes: uint64(s.Freeze_q_cnt)}, nil
}

func (b *blocks) unmap() error { return unix.Munmap(b.mem) }

// slots is a TPACKET_V2 ring: each packet has a slot of the same size, and each
// wakes the reader.
type slots struct {
	mem  []byte
	view *view
	size int // of a slot
	n    int
	cur  int // the next to read
	got  int // read and not given back, before cur
}

func newSlots(fd int, cfg Config, v *view) (*slots, error) {
	size := 1 << bits.Len(uint(cfg.Snap)+mostBeforePacket-1)
	block := max(int(cfg.Block), size)
	nr := int(cfg.Ring) / block
	if nr == 0 {
		return nil, errors.New("the ring is smaller than one frame")
	}
	s := &slots{view: v, size: size, n: nr * (block / size)}
	req := &unix.TpacketReq{Block_size: uint32(block), Block_nr: uint32(nr), Frame_size: uint32(size), Frame_nr: uint32(s.n)}
	if err := unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, req); err != nil {
		return nil, fmt.Errorf("a ring of %d slots of %d bytes: %w", s.n, size, err)
	}
	var err error
	s.mem, err = mapRing(fd, int64(nr)*int64(block))
	return s, err
}

func (r *slots) ready() bool {
	return atomic.LoadUint32(status(r.mem, r.cur*r.size))&unix.TP_STATUS_USER != 0
}

func (r *slots) read(frames []Frame) []Frame {
	for r.got < r.n && len(frames) < cap(frames) && r.ready() {
		begin := r.cur * r.size
		mem := r.mem[begin : begin+r.size : begin+r.size]
		h := (*unix.Tpacket2Hdr)(unsafe.Pointer(&mem[0]))
		s := slot{
			mem: mem, offset: int(h.Mac), captured: int(h.Snaplen), length: int(h.Len), sec: h.Sec, nsec: h.Nsec,
			pending: h.Status&unix.TP_STATUS_CSUMNOTREADY != 0,
			address: mem[headerLen2 : headerLen2+sockaddrLen],
		}
		s.tagType, s.tag = tagOf(h.Status, h.Vlan_tpid, h.Vlan_tci)
		frames = frames[:len(frames)+1]
		r.view.fill(&frames[len(frames)-1], &s)
		r.cur = (r.cur + 1) % r.n
		r.got++
	}
	return frames
}

func (r *slots) release() {
	for ; r.got > 0; r.got-- {
		i := (r.cur - r.got + r.n) % r.n
		atomic.StoreUint32(status(r.mem, i*r.size), unix.TP_STATUS_KERNEL)
	}
}

func (r *slots) statistics(fd int) (Stats, error) {
	s, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return Stats{}, err
	}
	return Stats{Received: uint64(s.Packets), Dropped: uint64(s.Drops)}, nil
}

func (r *slots) unmap() error { return unix.Munmap(r.mem) }
