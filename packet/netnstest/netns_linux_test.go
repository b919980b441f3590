package netnstest

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestPairReachesTheOtherEnd(t *testing.T) {
	a, b := New(t), New(t)
	Pair(t, a, "eth0", "10.77.0.1/24 2001:db8:77::1/64", b, "eth0", "10.77.0.2/24 2001:db8:77::2/64")
	for _, ip := range []string{"10.77.0.2", "2001:db8:77::2"} {
		var server, client net.Conn
		b.Do(t, func() {
			conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip), Port: 7})
			if err != nil {
				t.Fatal(err)
			}
			server = conn
		})
		defer server.Close()
		a.Do(t, func() {
			var err error
			if client, err = net.DialUDP("udp", nil, &net.UDPAddr{IP: net.ParseIP(ip), Port: 7}); err != nil {
				t.Fatal(err)
			}
		})
		defer client.Close()
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		server.SetReadDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 16)
		n, err := server.Read(buf)
		if err != nil || string(buf[:n]) != "hello" {
			t.Errorf("%s got %q, %v", ip, buf[:n], err)
		}
	}
}

func TestTheMachineSeesNothing(t *testing.T) {
	a, b := New(t), New(t)
	Pair(t, a, "inside", "", b, "inside", "")
	if _, err := net.InterfaceByName("inside"); err == nil {
		t.Error("the interface is visible outside")
	}
	a.Do(t, func() {
		if _, err := net.InterfaceByName("inside"); err != nil {
			t.Error(err)
		}
	})
	if out := a.Run(t, "ip", "-br", "link"); !strings.Contains(out, "inside") {
		t.Errorf("a command inside sees %q", out)
	}
}

func TestRouterForwards(t *testing.T) {
	a, r, b := New(t), New(t), New(t)
	Pair(t, a, "eth0", "10.1.0.1/24", r, "left", "10.1.0.254/24")
	Pair(t, b, "eth0", "10.2.0.1/24", r, "right", "10.2.0.254/24")
	r.Router(t)
	a.Run(t, "ip", "route", "add", "default", "via", "10.1.0.254")
	b.Run(t, "ip", "route", "add", "default", "via", "10.2.0.254")
	var ln net.Listener
	b.Do(t, func() {
		var err error
		if ln, err = net.Listen("tcp", "10.2.0.1:80"); err != nil {
			t.Fatal(err)
		}
	})
	defer ln.Close()
	a.Do(t, func() {
		conn, err := net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	})
}
