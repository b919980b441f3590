package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// dataFolder is where a node keeps what must outlive it. One node at a time has
// it.
type dataFolder struct {
	path string
	file *os.File
}

// lock makes the folder and takes it.
func (d *dataFolder) lock() error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	name := filepath.Join(d.path, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := os.ReadFile(name)
		f.Close()
		return fmt.Errorf("another node runs on %s (process %s): stop it, or give this one a data folder of its own", d.path, strings.TrimSpace(string(holder)))
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("locking %s: %w", name, err)
	}
	f.Truncate(0)
	fmt.Fprintf(f, "%d\n", os.Getpid())
	d.file = f
	return nil
}

func (d *dataFolder) unlock() { d.file.Close() }

// socket is the path of the control socket.
func (d *dataFolder) socket() string { return filepath.Join(d.path, ControlSocket) }

// ControlSocket is the name of the control socket in the data folder.
const ControlSocket = "control.sock"
