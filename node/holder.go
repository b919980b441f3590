package node

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/netwright/netwright/endpoint"
)

// Holder says who listens on the TCP port of a URL, as "nginx (process 812)" or,
// where we may not look into that process, "a process of the user www-data"; ""
// where that cannot be known.
func Holder(url string) string {
	u, err := endpoint.Parse(url)
	if err != nil || u.Port == 0 || u.Scheme == "udp" {
		return ""
	}
	inodes := make(map[string]string)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		listening(table, u.Port, inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if _, ok := inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")]; err != nil || !ok {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), pid)
	}
	for _, uid := range inodes {
		if owner, err := user.LookupId(uid); err == nil {
			return "a process of the user " + owner.Username
		}
	}
	return ""
}

// whoHolds adds to the error of a listener whose address is taken who has it,
// where that can be known.
func whoHolds(err error) error {
	var e *endpoint.Error
	if !errors.As(err, &e) || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	if who := Holder(e.Endpoint); who != "" {
		return fmt.Errorf("%w; now it is %s", err, who)
	}
	return err
}

// listening finds the inodes of the sockets that listen on a port, and the user
// that each belongs to (proc(5)).
func listening(table string, port uint16, inodes map[string]string) {
	f, err := os.Open(table)
	if err != nil {
		return
	}
	defer f.Close()
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		const stateListen = "0A"
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[1], suffix) && fields[3] == stateListen {
			inodes[fields[9]] = fields[7]
		}
	}
}
