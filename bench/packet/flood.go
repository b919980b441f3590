//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	floodFrames = 1 << 20
	floodRate   = 720_000 // a little more than the goal, so that the goal is reached
	floodGoal   = 700_000
	floodBurst  = 64 // frames that the kernel makes of one datagram
	floodBytes  = 18 // in each, so that frames have 60
)

// floodLines prepare a cable for a flood: whom it is for is known, and nobody's, so
// that the far end's IP drops it at once; and the kernel cuts up what it sends before
// the cable and not behind it.
func (c *cable) floodLines() []string {
	return []string{
		"-n " + c.near + " neigh replace 10.63.0.9 lladdr 02:00:00:00:00:09 dev eth0",
		"-n " + c.near + " link set eth0 gso_max_segs 1",
	}
}

// flood sends datagrams to 10.63.0.9 at the rate, and prints how many frames they were
// and at what rate they went: a helper, in a namespace. It has the kernel make
// many frames of a datagram (UDP_SEGMENT), since frame by frame a core does some
// 600,000 a second, half of which is the far end's work: a cable of two namespaces
// brings a frame to the far end's capture before the sender goes on.
func flood(ctx context.Context) error {
	conn, err := net.Dial("udp", "10.63.0.9:9")
	if err != nil {
		return err
	}
	defer conn.Close()
	raw, err := conn.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = errors.Join(unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, floodBytes),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 8<<20))
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	runtime.LockOSThread()
	burst := make([]byte, floodBurst*floodBytes)
	var sent int
	start := time.Now()
	for ; sent < floodFrames && ctx.Err() == nil; sent += floodBurst {
		for due := start.Add(time.Duration(sent) * time.Second / floodRate); time.Until(due) > 0; {
		}
		if _, err := conn.Write(burst); err != nil {
			return err
		}
	}
	fmt.Printf("%d %.0f\n", sent, float64(sent)/time.Since(start).Seconds())
	return nil
}
