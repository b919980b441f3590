package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
