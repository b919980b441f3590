package tsharktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// reduction is the version of what is kept of tshark's output. It changes with
// readPDML and with the form of Frame.
const reduction = "4"

// cacheFolder is where results are kept: one folder for each version of tshark,
// its options and the reduction.
func cacheFolder(t *Tshark) string {
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	h := sha256.Sum256([]byte(strings.Join(append([]string{t.Version, reduction}, t.options...), " ")))
	return filepath.Join(base, "netwright-tshark", t.Version+"-"+hex.EncodeToString(h[:6]))
}

// Frames reads a capture by tshark, or from the cache if it was read before.
func (t *Tshark) Frames(ctx context.Context, capture string) ([]Frame, error) {
	key, err := t.key(capture)
	if err != nil {
		return nil, err
	}
	if frames, ok := t.load(key); ok {
		return frames, nil
	}
	frames, err := t.Run(ctx, capture)
	if err != nil {
		return nil, err
	}
	return frames, t.save(key, frames)
}

// Protocols lists the protocols that tshark finds in a capture, sorted.
func (t *Tshark) Protocols(ctx context.Context, capture string) ([]string, error) {
	key, err := t.key(capture)
	if err != nil {
		return nil, err
	}
	if text, err := os.ReadFile(key + ".protocols"); err == nil {
		return strings.Fields(string(text)), nil
	}
	frames, err := t.Frames(ctx, capture)
	return protocolsOf(frames), err
}

func protocolsOf(frames []Frame) []string {
	names := map[string]bool{}
	for i := range frames {
		for j := range frames[i].Layers {
			names[frames[i].Layers[j].Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// key is where the results for a capture's bytes are, without the ending.
func (t *Tshark) key(capture string) (string, error) {
	b, err := os.ReadFile(capture)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return filepath.Join(t.cache, hex.EncodeToString(sum[:12])), nil
}

func (t *Tshark) load(key string) ([]Frame, bool) {
	f, err := os.Open(key + ".frames.zst")
	if err != nil {
		return nil, false
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, false
	}
	defer z.Close()
	frames, err := readFrames(z)
	for i := range frames {
		frames[i].Number = i + 1
	}
	rename(frames)
	return frames, err == nil
}

// save keeps frames. The file appears whole or not at all.
func (t *Tshark) save(key string, frames []Frame) error {
	if t.cache == "" {
		return nil
	}
	if err := os.MkdirAll(t.cache, 0o755); err != nil {
		return err
	}
	names := strings.Join(protocolsOf(frames), " ")
	if err := os.WriteFile(key+".protocols", []byte(names), 0o644); err != nil {
		return err
	}
	f, err := os.CreateTemp(t.cache, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	z, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if err := WriteFrames(z, frames); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("keeping what tshark shows: %w", err)
	}
	return os.Rename(f.Name(), key+".frames.zst")
}
