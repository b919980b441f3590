package examples

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/netwright/netwright/endpoint"
)

// chatOverBoth has a member on TCP hear one on WebSocket.
func chatOverBoth(ctx context.Context, e *example) {
	e.t.Helper()
	enter := func(url, name string) (net.Conn, *bufio.Scanner) {
		conn, err := endpoint.Dial(ctx, url)
		if err != nil {
			e.t.Fatal(err)
		}
		e.t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
			e.t.Fatal(err)
		}
		fmt.Fprintf(conn, "/nick %s\n", name)
		lines := bufio.NewScanner(conn)
		for lines.Scan() && !strings.Contains(lines.Text(), name) {
		}
		return conn, lines
	}
	_, heard := enter("tcp://"+e.at("7008"), "ada")
	bob, _ := enter("ws://"+e.at("7009")+"/chat", "bob")
	fmt.Fprintln(bob, "good morning")
	for heard.Scan() {
		if text := heard.Text(); strings.Contains(text, "bob") && strings.Contains(text, "good morning") {
			return
		}
	}
	e.t.Errorf("nobody heard it: %v", heard.Err())
}
