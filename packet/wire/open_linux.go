package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/rtnl"
)

func findLink(name string) (link, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return link{}, err
	}
	defer conn.Close()
	if name == AnyInterface {
		return findAny(conn)
	}
	l, err := conn.Named(name)
	if err != nil {
		return link{}, err
	}
	if !l.Up {
		return link{}, fmt.Errorf("%s is down; it is set up by: ip link set %s up", name, name)
	}
	found := link{index: l.Index, kind: linkTypeOf(l.Type), mtu: l.MTU}
	if l.Loopback {
		found.loopback = l.Index
	}
	return found, nil
}

func findAny(conn *rtnl.Conn) (link, error) {
	all, err := conn.Links()
	if err != nil {
		return link{}, err
	}
	found := link{kind: linkTypeOf(0xffff)}
	for _, l := range all {
		found.mtu = max(found.mtu, l.MTU)
		if l.Loopback {
			found.loopback = l.Index
		}
	}
	return found, nil
}

func open(cfg Config) (*Capture, error) {
	l, err := findLink(cfg.Interface)
	if err != nil {
		return nil, err
	}
	if cfg.Snap == 0 { // immediate: slots for what the interface can carry
		const headers = 64
		cfg.Snap = int64(min(max(l.mtu, 1500)+headers, maxSnap))
	}
	c := &Capture{cfg: cfg, link: l.kind}
	if err := c.openWorkers(l); err != nil {
		for _, w := range c.workers {
			_ = w.close()
		}
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			return nil, &PermissionError{Doing: "capture on " + cfg.Interface, Err: err}
		}
		return nil, fmt.Errorf("capture on %s: %w", cfg.Interface, err)
	}
	return c, nil
}

// openWorkers opens all sockets deaf, joins them, and only then lets frames in:
// a member of a fanout that is bound but not joined yet would see frames that
// are another's.
func (c *Capture) openWorkers(l link) error {
	for i := range c.cfg.Workers {
		w, err := openWorker(c.cfg, l)
		if err != nil {
			return err
		}
		c.workers = append(c.workers, w)
		if err := w.bind(l, i == 0 && c.cfg.Promiscuous); err != nil {
			return err
		}
	}
	if err := joinFanout(c.workers); err != nil {
		return fmt.Errorf("share frames between %d workers: %w", len(c.workers), err)
	}
	for _, w := range c.workers {
		if err := w.setFilter(c.cfg.Filter); err != nil {
			return err
		}
	}
	return nil
}

// openWorker makes a socket with its ring. It is for no protocol, so it gets no
// frame before it is bound, and then none before it has another filter.
func openWorker(cfg Config, l link) (*worker, error) {
	kind := unix.SOCK_RAW
	if l.cooked() {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	w := &worker{link: l, direction: cfg.Direction, outside: cfg.FilterTagged, wait: cfg.Wait, name: cfg.Interface}
	w.view = view{cooked: l.cooked(), aside: cfg.TagsAside, snap: int(cfg.Snap), ethernet: !l.cooked() && l.kind == linkTypeOf(1)}
	err = attach(fd, dropAll())
	if err == nil {
		w.ring, err = newRing(fd, cfg, &w.view)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	w.file = os.NewFile(uintptr(fd), "packet:"+cfg.Interface)
	if w.raw, err = w.file.SyscallConn(); err != nil {
		_ = w.close()
		return nil, err
	}
	w.frames = make([]Frame, 0, batch)
	return w, nil
}

// bind makes the socket see an interface's frames.
func (w *worker) bind(l link, promiscuous bool) error {
	return w.control(func(fd int) error {
		addr := &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: l.index}
		if err := unix.Bind(fd, addr); err != nil {
			return os.NewSyscallError("bind", err)
		}
		if promiscuous {
			mreq := &unix.PacketMreq{Ifindex: int32(l.index), Type: unix.PACKET_MR_PROMISC}
			if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, mreq); err != nil {
				return fmt.Errorf("make it promiscuous: %w", err)
			}
		}
		return nil
	})
}

// joinFanout spreads frames over the workers by flow, both directions of one to
// the same worker. Fragments are not put together (FLAG_DEFRAG would): a
// capture shows what was on the wire.
func joinFanout(workers []*worker) error {
	if len(workers) < 2 {
		return nil
	}
	group := 0
	for i, w := range workers {
		err := w.control(func(fd int) error {
			kind := unix.PACKET_FANOUT_HASH
			if i == 0 {
				kind |= unix.PACKET_FANOUT_FLAG_UNIQUEID
			}
			if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT, group|kind<<16); err != nil || i > 0 {
				return err
			}
			v, err := unix.GetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
			group = v & 0xffff
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// networkOrder gives v as the kernel wants it in a number of big endian.
func networkOrder(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
