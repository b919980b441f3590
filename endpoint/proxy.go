package endpoint

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// maxConnectAnswer bounds the head of a proxy's answer to CONNECT, in bytes.
const maxConnectAnswer = 16 << 10

// through asks the proxy hop, which conn leads to, for a connection to target.
// u is the endpoint that errors name.
func (d *Dialer) through(ctx context.Context, u, hop, target *URL, conn net.Conn) (net.Conn, error) {
	start := time.Now()
	host := target.Host
	if host == "" {
		host = "localhost"
	}
	address := net.JoinHostPort(host, strconv.Itoa(int(target.Port)))
	if hop.Scheme == "https" {
		secured, err := d.startTLS(ctx, hop, conn)
		if err != nil {
			return nil, err
		}
		conn = secured
	}
	err := bounded(ctx, conn, func() error {
		if hop.Scheme == "socks5" {
			return socks5(conn, hop, host, target.Port)
		}
		return httpConnect(conn, hop, address)
	})
	if err != nil {
		return nil, fail(u, StepProxy, fmt.Errorf("%s to %s: %w", hop.Redacted(), address, err))
	}
	d.tell(StepProxy, start, "%s to %s", hop.Redacted(), address)
	return conn, nil
}

// socks5 speaks the client's half of RFC 1928, with the user name and password
// of RFC 1929. Names go to the proxy unresolved. It reads not one byte more than
// the proxy's answers, since those behind them belong to the target.
func socks5(conn io.ReadWriter, hop *URL, host string, port uint16) error {
	const version, noAuth, passwordAuth, connect = 5, 0, 2, 1
	hello := []byte{version, 1, noAuth}
	if hop.User != nil {
		hello = []byte{version, 2, noAuth, passwordAuth}
	}
	var answer [2]byte
	if err := ask(conn, hello, answer[:]); err != nil {
		return err
	}
	switch {
	case answer[0] != version:
		return errors.New("this is no SOCKS5 proxy")
	case answer[1] == passwordAuth && hop.User != nil:
		if err := socks5Login(conn, hop); err != nil {
			return err
		}
	case answer[1] != noAuth:
		return errors.New("the proxy accepts no way to log in that we have; give user:password@ before its host")
	}

	request := []byte{version, connect, 0}
	if addr, err := netip.ParseAddr(host); err != nil {
		if len(host) > 255 {
			return errors.New("the host's name is too long")
		}
		request = append(request, 3, byte(len(host)))
		request = append(request, host...)
	} else if addr.Is4() {
		request = append(append(request, 1), addr.AsSlice()...)
	} else {
		request = append(append(request, 4), addr.AsSlice()...)
	}
	request = binary.BigEndian.AppendUint16(request, port)
	var reply [5]byte // up to the length of a name
	if err := ask(conn, request, reply[:]); err != nil {
		return err
	}
	if reply[0] != version || reply[1] != 0 {
		return socks5Refusal(reply[1])
	}
	rest := map[byte]int{1: 3, 4: 15, 3: int(reply[4])}
	left, ok := rest[reply[3]]
	if !ok {
		return fmt.Errorf("the proxy answered with an address of unknown type %d", reply[3])
	}
	_, err := io.ReadFull(conn, make([]byte, left+2))
	return err
}

func socks5Login(conn io.ReadWriter, hop *URL) error {
	name := hop.User.Username()
	password, _ := hop.User.Password()
	if len(name) == 0 || len(name) > 255 || len(password) > 255 {
		return errors.New("a user name has 1 to 255 bytes and a password up to 255")
	}
	login := append([]byte{1, byte(len(name))}, name...)
	login = append(append(login, byte(len(password))), password...)
	var answer [2]byte
	if err := ask(conn, login, answer[:]); err != nil {
		return err
	}
	if answer[1] != 0 {
		return errors.New("the proxy refuses the user name or password")
	}
	return nil
}

func ask(conn io.ReadWriter, question, answer []byte) error {
	if _, err := conn.Write(question); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, answer)
	return closedEarly(err)
}

func closedEarly(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the proxy closed the connection before its answer was complete")
	}
	return err
}

func socks5Refusal(code byte) error {
	texts := []string{"general failure", "its rules do not allow the connection", "network unreachable", "host unreachable",
		"connection refused", "TTL expired", "command not supported", "address type not supported"}
	if code >= 1 && int(code) <= len(texts) {
		return fmt.Errorf("the proxy answered: %s", texts[code-1])
	}
	return fmt.Errorf("the proxy answered with the unknown code %d", code)
}

// httpConnect asks an HTTP proxy for a tunnel (RFC 9110 §9.3.6).
func httpConnect(conn io.ReadWriter, hop *URL, address string) error {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if hop.User != nil {
		password, _ := hop.User.Password()
		login := base64.StdEncoding.EncodeToString([]byte(hop.User.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + login + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	head, err := readHead(conn)
	if err != nil {
		return closedEarly(err)
	}
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	protocol, status, _ := bytes.Cut(line, []byte(" "))
	code, text, _ := bytes.Cut(status, []byte(" "))
	switch {
	case !bytes.HasPrefix(protocol, []byte("HTTP/1.")) || len(code) != 3:
		return errors.New("this is no HTTP proxy")
	case string(code) == "407" && hop.User == nil:
		return errors.New("the proxy wants a login; give user:password@ before its host")
	case string(code) == "407":
		return errors.New("the proxy refuses the user name or password")
	case code[0] != '2':
		return fmt.Errorf("the proxy answered %s %q", code, text)
	}
	return nil
}

// readHead reads up to the empty line and not one byte further: what follows is
// the target's, and conn stays the bare connection. Hence byte by byte; it is
// one short head for the life of a connection.
func readHead(r io.Reader) ([]byte, error) {
	var head []byte
	var one [1]byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) == maxConnectAnswer {
			return nil, fmt.Errorf("the proxy's answer is longer than %d bytes", maxConnectAnswer)
		}
		if _, err := io.ReadFull(r, one[:]); err != nil {
			return nil, err
		}
		head = append(head, one[0])
	}
	return head, nil
}
