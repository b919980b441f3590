package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ControlSocket is the name of the control socket in the data folder.
const ControlSocket = "control.sock"

// dataFolder is where a node keeps what must outlive it. One node at a time has
// it.
type dataFolder struct {
	path string
	file *os.File
}

// HeldError says that another node has the data folder.
type HeldError struct {
	Folder string
	PID    string // of the other; "" where it cannot be known
	Config string // the config file of the other; "" for the quickstart
}

// Error names the other node and says what would be right.
func (e *HeldError) Error() string {
	what := "another node"
	if e.Config != "" {
		what = "a node with " + e.Config
	}
	if e.PID != "" {
		what += " (process " + e.PID + ")"
	}
	return fmt.Sprintf("%s runs already and has the data folder %s: stop it first, or give this one a data folder of its own", what, e.Folder)
}

// lock makes the folder and takes it. config is told to whoever finds it taken.
func (d *dataFolder) lock(config string) error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("data folder: %w; with data the config can name another one", err)
	}
	name := filepath.Join(d.path, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("data folder: %w; with data the config can name another one", err)
	}
	if err := flock(f); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("locking %s: %w", name, err)
		}
		text, _ := os.ReadFile(name) // may be empty yet
		pid, other, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		return &HeldError{d.path, pid, other}
	}
	if err := f.Truncate(0); err == nil {
		fmt.Fprintf(f, "%d %s\n", os.Getpid(), config)
	} // else the disk is full, and the lock still holds
	d.file = f
	return nil
}

// flock takes the lock of a file, and does not wait for it.
func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (d *dataFolder) unlock() { d.file.Close() }

// socket is the path of the control socket.
func (d *dataFolder) socket() string { return filepath.Join(d.path, ControlSocket) }
