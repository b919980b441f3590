package endpoint

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// firstFD is the number of the first descriptor that a service manager hands
// over (sd_listen_fds(3)).
const firstFD = 3

// Activated gives the descriptors that a service manager handed to this process,
// each number with its name, which may be empty (sd_listen_fds(3)).
func Activated() map[int]string { return activated(os.Getenv, os.Getpid()) }

func activated(getenv func(string) string, pid int) map[int]string {
	if p := getenv("LISTEN_PID"); p != "" && p != strconv.Itoa(pid) {
		return nil // they are meant for another process
	}
	n, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil || n < 0 || n > 1<<16 {
		return nil
	}
	names := strings.Split(getenv("LISTEN_FDNAMES"), ":")
	fds := make(map[int]string, n)
	for i := range n {
		fds[firstFD+i] = ""
		if i < len(names) {
			fds[firstFD+i] = names[i]
		}
	}
	return fds
}

// openFD gives a descriptor of our own that is a copy of the one named. The
// original stays open, so that what is closed can be opened again.
func openFD(name string) (*os.File, error) {
	fd, err := findFD(name, Activated())
	if err != nil {
		return nil, err
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", fd, err)
	}
	return os.NewFile(uintptr(dup), "fd:"+name), nil
}

func findFD(name string, fds map[int]string) (int, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	var found, others []string
	fd := 0
	for i := firstFD; i < firstFD+len(fds); i++ {
		others = append(others, fds[i])
		if fds[i] == name {
			found, fd = append(found, strconv.Itoa(i)), i
		}
	}
	switch {
	case len(found) > 1:
		return 0, fmt.Errorf("the name %s stands for the descriptors %s; give the number", name, strings.Join(found, " and "))
	case len(found) == 1:
		return fd, nil
	case len(others) == 0:
		return 0, fmt.Errorf("no descriptor is called %s: LISTEN_FDS gives this process none", name)
	}
	return 0, fmt.Errorf("no descriptor is called %s; LISTEN_FDNAMES has %s", name, strings.Join(others, ", "))
}

// useFD calls f with the descriptor named, for one of the net.File functions,
// which copy it once more.
func useFD[T any](name string, f func(*os.File) (T, error)) (T, error) {
	file, err := openFD(name)
	if err != nil {
		var none T
		return none, err
	}
	defer file.Close()
	return f(file)
}

func listenFD(name string) (net.Listener, error)         { return useFD(name, net.FileListener) }
func listenPacketFD(name string) (net.PacketConn, error) { return useFD(name, net.FilePacketConn) }
func dialFD(name string) (net.Conn, error)               { return useFD(name, net.FileConn) }
