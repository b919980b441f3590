package endpoint

import (
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// SessionsConfig bounds the sessions of a datagram listener.
type SessionsConfig struct {
	// How long a session lives without a datagram either way.
	Idle time.Duration `yaml:"idle"`
	// Most sessions at once; datagrams of further peers are dropped.
	Most int `yaml:"most"`
	// Most datagrams that wait for the handler of one session; further ones are
	// dropped.
	Queue int `yaml:"queue"`
}

// SetDefaults fills what is zero: a minute idle, 10000 sessions, 64 datagrams.
func (c *SessionsConfig) SetDefaults() {
	if c.Idle == 0 {
		c.Idle = time.Minute
	}
	if c.Most == 0 {
		c.Most = 10000
	}
	if c.Queue <= 0 {
		c.Queue = 64
	}
}

const (
	maxDatagram = 64 << 10 // bytes, more than UDP can carry
	newSessions = 128      // sessions that wait to be accepted
)

// Sessions makes a listener of a packet socket: Accept gives one connection for
// each peer that sends a datagram. A Read gives one datagram, or in pieces one
// that is larger than the buffer; each Write sends one. A session that was idle
// reads io.EOF.
//
// Closing the listener lets no new peer in; the socket closes with the last
// session. Where the socket is bound to every address of the machine, the kernel
// chooses from which one an answer leaves.
func Sessions(pc net.PacketConn, config SessionsConfig) net.Listener {
	config.SetDefaults()
	l := &sessionListener{
		pc: pc, config: config,
		sessions: make(map[netip.AddrPort]*session),
		accepts:  make(chan *session, newSessions),
		closed:   make(chan struct{}),
	}
	l.udp, _ = pc.(udpSocket)
	go l.read() // ends when the socket closes, which is with the listener's last session
	return l
}

// udpSocket is the part of *net.UDPConn that spares an allocation per datagram.
type udpSocket interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
}

type sessionListener struct {
	pc      net.PacketConn
	udp     udpSocket // pc, where it is one
	config  SessionsConfig
	accepts chan *session
	closed  chan struct{} // no more sessions
	failure error         // why read ended; set before closed is closed by it

	mu       sync.Mutex // guards sessions, shut and the closing of pc
	sessions map[netip.AddrPort]*session
	shut     bool
}

func (l *sessionListener) Addr() net.Addr { return l.pc.LocalAddr() }

func (l *sessionListener) Accept() (net.Conn, error) {
	select {
	case s := <-l.accepts:
		return s, nil
	default:
	}
	select {
	case s := <-l.accepts:
		return s, nil
	case <-l.closed:
		if l.failure != nil {
			return nil, l.failure
		}
		return nil, &net.OpError{Op: "accept", Net: "udp", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

func (l *sessionListener) Close() error {
	if !l.shutDown(nil) {
		return net.ErrClosed
	}
	for {
		select {
		case s := <-l.accepts: // nobody will take it
			s.Close()
		default:
			return nil
		}
	}
}

// shutDown lets no new session in; it says whether it was the first to do so.
func (l *sessionListener) shutDown(why error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return false
	}
	l.shut, l.failure = true, why
	close(l.closed)
	if len(l.sessions) == 0 {
		l.pc.Close()
	}
	return true
}

func (l *sessionListener) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, peer, addr, err := l.readFrom(buf)
		if err != nil {
			if t, ok := err.(net.Error); ok && t.Timeout() {
				continue
			}
			l.fail(err)
			return
		}
		if !peer.IsValid() {
			continue
		}
		s, fresh := l.session(peer, addr)
		if s == nil {
			continue
		}
		s.last.Store(time.Now().UnixNano())
		select {
		case s.inbox <- append([]byte(nil), buf[:n]...):
		default: // as UDP does when a socket's buffer is full
		}
		if fresh {
			l.offer(s)
		}
	}
}

func (l *sessionListener) readFrom(buf []byte) (int, netip.AddrPort, net.Addr, error) {
	if l.udp != nil {
		n, peer, err := l.udp.ReadFromUDPAddrPort(buf)
		return n, peer, nil, err
	}
	n, addr, err := l.pc.ReadFrom(buf)
	if err != nil {
		return 0, netip.AddrPort{}, nil, err
	}
	peer, _ := netip.ParseAddrPort(addr.String())
	return n, peer, addr, nil
}

// fail ends every session: the socket can read no more.
func (l *sessionListener) fail(err error) {
	l.shutDown(err)
	l.mu.Lock()
	var all []*session
	for _, s := range l.sessions {
		all = append(all, s)
	}
	l.mu.Unlock()
	for _, s := range all {
		s.end(err)
	}
}

// session finds the peer's session or makes one; nil where there is no room.
func (l *sessionListener) session(peer netip.AddrPort, addr net.Addr) (s *session, fresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.sessions[peer]; s != nil {
		return s, false
	}
	if l.shut || l.config.Most > 0 && len(l.sessions) >= l.config.Most {
		return nil, false
	}
	s = &session{listener: l, peer: peer, addr: addr, inbox: make(chan []byte, l.config.Queue), ended: make(chan struct{})}
	s.readBy.init()
	s.last.Store(time.Now().UnixNano())
	if l.config.Idle > 0 {
		s.idle = time.AfterFunc(math.MaxInt64, s.checkIdle) // which reads s.idle, hence started below
		s.idle.Reset(l.config.Idle)
	}
	l.sessions[peer] = s
	return s, true
}

// offer hands a new session to Accept, or ends it where too many wait already.
func (l *sessionListener) offer(s *session) {
	select {
	case l.accepts <- s:
	default:
		s.Close()
	}
}

func (l *sessionListener) forget(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sessions[s.peer] == s {
		delete(l.sessions, s.peer)
	}
	if l.shut && len(l.sessions) == 0 {
		l.pc.Close()
	}
}

// session is the conversation with one peer.
type session struct {
	listener *sessionListener
	peer     netip.AddrPort
	addr     net.Addr // peer as the socket gave it; nil for UDP
	inbox    chan []byte
	rest     []byte // of a datagram larger than the reader's buffer; the reader's alone
	readBy   deadline
	last     atomic.Int64 // when a datagram last came or went, unix ns
	idle     *time.Timer

	once  sync.Once
	ended chan struct{}
	why   error // what reads and writes return; set before ended is closed
}

func (s *session) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		var err error
		if s.rest, err = s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// next waits for a datagram. One that came before the session ended by itself
// is still given.
func (s *session) next() ([]byte, error) {
	if s.readBy.passed() {
		return nil, os.ErrDeadlineExceeded
	}
	select {
	case datagram := <-s.inbox:
		return datagram, nil
	case <-s.readBy.wait():
		return nil, os.ErrDeadlineExceeded
	case <-s.ended:
	}
	if s.why != net.ErrClosed {
		select {
		case datagram := <-s.inbox:
			return datagram, nil
		default:
		}
	}
	return nil, s.why
}

func (s *session) Write(p []byte) (int, error) {
	select {
	case <-s.ended:
		return 0, net.ErrClosed
	default:
	}
	s.last.Store(time.Now().UnixNano())
	if s.listener.udp != nil {
		return s.listener.udp.WriteToUDPAddrPort(p, s.peer)
	}
	return s.listener.pc.WriteTo(p, s.addr)
}

// checkIdle runs when the session may have been idle for long enough, and sets
// the timer again where it was not: cheaper than to do so with each datagram.
func (s *session) checkIdle() {
	left := s.listener.config.Idle - time.Since(time.Unix(0, s.last.Load()))
	if left > 0 {
		s.idle.Reset(left)
		return
	}
	s.end(io.EOF)
}

func (s *session) end(why error) {
	s.once.Do(func() {
		if s.idle != nil {
			s.idle.Stop()
		}
		s.why = why
		close(s.ended)
		s.listener.forget(s)
	})
}

func (s *session) Close() error {
	s.end(net.ErrClosed)
	return nil
}

func (s *session) LocalAddr() net.Addr { return s.listener.Addr() }

func (s *session) RemoteAddr() net.Addr {
	if s.addr != nil {
		return s.addr
	}
	return net.UDPAddrFromAddrPort(s.peer)
}

func (s *session) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

func (s *session) SetReadDeadline(t time.Time) error {
	s.readBy.set(t)
	return nil
}

// SetWriteDeadline does nothing: sending a datagram does not wait.
func (s *session) SetWriteDeadline(time.Time) error { return nil }
