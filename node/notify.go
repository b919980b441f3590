package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// manager is the service manager that has started this process and wants to hear
// how it is (sd_notify(3)). Without one it does nothing.
type manager struct {
	socket   string
	watchdog time.Duration // how long it waits for a sign of life; 0 for ever
	log      *slog.Logger
}

func newManager(getenv func(string) string, pid int, log *slog.Logger) *manager {
	m := &manager{socket: getenv("NOTIFY_SOCKET"), log: log}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if of := getenv("WATCHDOG_PID"); err == nil && usec > 0 && (of == "" || of == strconv.Itoa(pid)) {
		m.watchdog = time.Duration(usec) * time.Microsecond
	}
	return m
}

// tell sends lines of NAME=VALUE.
func (m *manager) tell(state string) {
	if m.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err == nil {
		defer conn.Close()
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, err = conn.Write([]byte(state))
	}
	if err != nil {
		m.log.Warn("the service manager could not be told", "socket", m.socket, "state", state, "err", err)
	}
}

func (m *manager) ready() { m.tell("READY=1\nSTATUS=running") }

// reloading goes before ready, or failed.
func (m *manager) reloading() {
	m.tell(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d\nSTATUS=reloading", monotonic()))
}

func (m *manager) failed(err error) {
	m.tell("READY=1\nSTATUS=running; the last reload failed: " + line(err))
}

// stopping also asks for the time that draining may take, on top of what there is.
func (m *manager) stopping(limit time.Duration) {
	state := "STOPPING=1\nSTATUS=draining"
	if limit >= 0 {
		state += fmt.Sprintf("\nEXTEND_TIMEOUT_USEC=%d", (limit + 2*stopWait).Microseconds())
	}
	m.tell(state)
}

// serve gives signs of life, twice as often as they are wanted.
func (m *manager) serve(ctx context.Context) error {
	if m.socket == "" || m.watchdog <= 0 {
		return nil
	}
	tick := time.NewTicker(m.watchdog / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			m.tell("WATCHDOG=1")
		}
	}
}

// line is the first line of an error.
func line(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// monotonic is the time since boot that the service manager compares with, in
// microseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return ts.Nano() / int64(time.Microsecond)
}
