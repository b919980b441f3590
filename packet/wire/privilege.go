package wire

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// PermissionError says that the process may not open a socket for packets, and
// what to do about it.
type PermissionError struct {
	Doing string // what was tried: "capture on eth0"
	Err   error
	// Echo is whether a datagram socket of ICMP would do, which takes no capability
	// where the system lets the user's groups have one.
	Echo bool
}

// allowEcho lets all groups have datagram sockets of ICMP.
const allowEcho = `sudo sysctl net.ipv4.ping_group_range="0 2147483647"`

func (e *PermissionError) Error() string {
	or := ""
	if e.Echo {
		or = "Or to let all groups send echo requests without it:\n  " + allowEcho + "\n"
	}
	return fmt.Sprintf("%s: %v\n"+
		"It takes root or the capability CAP_NET_RAW. To give that to this program:\n"+
		"  %s\n%s"+
		"Without it work: reading, filtering and writing capture files, crafting packets,\n"+
		"connect scans, UDP traces, ping and trace -I where net.ipv4.ping_group_range has your group.",
		e.Doing, e.Err, e.Grant(), or)
}

// Grant is the command that gives the capability to this program's file.
func (e *PermissionError) Grant() string { return "sudo setcap cap_net_raw+ep " + executable() }

func (e *PermissionError) Unwrap() error { return e.Err }

// executable is the path of this program as one would type it in a shell.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	if strings.ContainsAny(path, " \t'\"\\$&;()<>|*?#~`!") {
		path = "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// ErrCgo is why [DropPrivileges] fails in a program that is linked with cgo.
var ErrCgo = errors.New("a program with cgo cannot do that on all its threads; build it with CGO_ENABLED=0")

// DropPrivileges gives up all capabilities of the process, in every set and on
// every thread, for good: no program that it starts gets any, whatever its file
// says (no_new_privs). Sockets that are open stay usable. A command calls it
// when its sockets are open and before it reads the first byte that came over
// them.
//
// It is for the whole process, so nothing for a program that does other things,
// too. It does not change the user: root without capabilities still owns root's
// files.
func DropPrivileges() error {
	if err := dropPrivileges(); err != nil {
		return fmt.Errorf("drop privileges: %w", err)
	}
	return nil
}
