package node

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/netwright/netwright/endpoint"
)

// Holder says which process listens on the port of a URL, as "; held by nginx
// (process 812)", or nothing where that cannot be known.
func Holder(url string) string {
	u, err := endpoint.Parse(url)
	if err != nil {
		return ""
	}
	_, port, ok := strings.Cut(u.Address()[strings.LastIndexByte(u.Address(), ']')+1:], ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil {
		return ""
	}
	inodes := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		listening(table, uint16(number), inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("; held by %s (process %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}

// listening finds the inodes of the sockets that listen on a port (proc(5)).
func listening(table string, port uint16, inodes map[string]bool) {
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
			inodes[fields[9]] = true
		}
	}
}
