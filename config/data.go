package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/netwright/netwright/config/decode"
)

// DataFolder is where a node that runs c keeps its state: what data says, or a
// folder of its own for the file. Nothing is made on disk.
func (c *Config) DataFolder() (string, error) {
	if c.Data != "" {
		return c.Data, nil
	}
	return DefaultDataFolder(c.path)
}

// DefaultDataFolder is the data folder of the config file at path where its
// data key says nothing: STATE/netwright/NAME-HASH, with the name of the file
// and the first 8 hex digits of the hash of its absolute path, or
// STATE/netwright/quickstart for no file. STATE is $XDG_STATE_HOME, or
// $STATE_DIRECTORY under systemd, or ~/.local/state.
func DefaultDataFolder(path string) (string, error) {
	state, err := stateFolder()
	if err != nil {
		return "", err
	}
	if path == "" {
		return filepath.Join(state, "netwright", "quickstart"), nil
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("naming the data folder: %w", err)
	}
	base := filepath.Base(full)
	hash := sha256.Sum256([]byte(full))
	name := strings.TrimSuffix(base, filepath.Ext(base)) + "-" + hex.EncodeToString(hash[:4])
	return filepath.Join(state, "netwright", name), nil
}

func stateFolder() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return dir, nil
	}
	// systemd joins several with colons; the first is the unit's own.
	if dir, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no place for the data folder; set data in the config: %w", err)
	}
	return filepath.Join(home, ".local", "state"), nil
}

// FindDataFolder is the data folder of the config file at path. Mistakes in the
// rest of the file do not matter, since a node that was started before they were
// made runs on. The error says when the file cannot be read.
func FindDataFolder(path string) (string, error) {
	data, err := read(path)
	if err != nil {
		return "", fmt.Errorf("reading the config: %w", err)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("reading the config: %w", err)
	}
	c := &Config{path: full}
	_, _ = decode.Decode(path, data, c, &decode.Options{Dir: filepath.Dir(full), Variables: variables})
	return c.DataFolder()
}

// DataFolders are the data folders that are there: those of the user, and those
// of a service of systemd whose unit says StateDirectory=netwright. Folders that
// a config names itself are not among them.
func DataFolders() []string {
	states := []string{"/var/lib/netwright"}
	if state, err := stateFolder(); err == nil && state != states[0] {
		states = append([]string{state}, states...)
	}
	var folders []string
	for _, state := range states {
		entries, _ := os.ReadDir(filepath.Join(state, "netwright")) // none, where there is no such folder
		for _, e := range entries {
			folders = append(folders, filepath.Join(state, "netwright", e.Name()))
		}
	}
	return folders
}
