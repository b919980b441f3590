package tsharktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Tshark is the program that we are compared with. It is safe for use by many
// goroutines.
type Tshark struct {
	// Version is as tshark tells it: "4.0.17".
	Version string

	path    string
	options []string // -o and its argument, repeated
	cache   string   // folder of results, "" for none
}

// ErrMissing is the error of [Find] where there is no tshark.
var ErrMissing = errors.New("tshark is not installed")

// Find looks for tshark on the path and asks it for its version and
// preferences.
func Find(ctx context.Context) (*Tshark, error) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	t := &Tshark{path: path}
	out, err := t.output(ctx, "--version")
	if err != nil {
		return nil, err
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("%s --version does not begin with a version: %.60q", path, out)
	}
	t.Version = string(m[1])
	prefs, err := t.output(ctx, "-G", "defaultprefs")
	if err != nil {
		return nil, err
	}
	t.options = standAlone(prefs)
	t.cache = cacheFolder(t)
	return t, nil
}

var versionLine = regexp.MustCompile(`^TShark \(Wireshark\) ([0-9][0-9.]*[0-9])`)

// joining are the preferences that join several frames to one message. Those
// with two dots are listed by tshark, but it does not know them as options.
var joining = regexp.MustCompile(`(?m)^#?([a-z0-9_-]+\.[a-z0-9_]*(?:desegment|reassembl|reassemble|reassembly|defragment)[a-z0-9_]*): TRUE`)

// standAlone lists the options by which each frame stands alone: everything that
// joins frames is off, and so is what TCP and UDP tell from earlier frames.
// Sequence numbers are then those of the frame.
func standAlone(prefs []byte) []string {
	off := []string{"tcp.analyze_sequence_numbers", "tcp.calculate_timestamps", "udp.calculate_timestamps"}
	for _, m := range joining.FindAllSubmatch(prefs, -1) {
		off = append(off, string(m[1]))
	}
	slices.Sort(off)
	var options []string
	for _, name := range slices.Compact(off) {
		options = append(options, "-o", name+":FALSE")
	}
	return options
}

// badFile is tshark's exit code for captures that it cannot read (to their end).
const badFile = 2

// Run reads a capture by tshark, without looking into the cache. Of a capture
// that is cut short it returns the frames before that.
func (t *Tshark) Run(ctx context.Context, capture string) ([]Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd, done, err := t.command(ctx, append(slices.Clone(t.options), "-n", "-T", "pdml", "-r", capture)...)
	if err != nil {
		return nil, err
	}
	defer done()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("running tshark: %w", err)
	}
	frames, parseErr := readPDML(out)
	if parseErr != nil {
		cancel()
	}
	err = cmd.Wait()
	if parseErr != nil {
		return frames, fmt.Errorf("tshark -r %s: reading its PDML: %w (%s)", capture, parseErr, bytes.TrimSpace(stderr.Bytes()))
	}
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) && exit.ExitCode() == badFile {
		rename(frames)
		return frames, nil
	}
	return nil, fmt.Errorf("tshark -r %s: %w (%s)", capture, errors.Join(ctx.Err(), err), bytes.TrimSpace(stderr.Bytes()))
}

// rename gives layers our names. tshark calls both versions of Linux's cooked
// header sll; the second is the one of 20 bytes.
func rename(frames []Frame) {
	for i := range frames {
		for j := range frames[i].Layers {
			if l := &frames[i].Layers[j]; l.Name == "sll" && l.Size == 20 {
				l.Name = "sll2"
			}
		}
	}
}

func (t *Tshark) output(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd, done, err := t.command(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer done()
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, fmt.Errorf("tshark … %s: %w", strings.Join(args[max(len(args)-8, 0):], " "), err) // the preferences before are many
	}
	return out, nil
}

// command prepares tshark in an empty home, so that nobody's preferences matter.
// done removes it.
func (t *Tshark) command(ctx context.Context, args ...string) (cmd *exec.Cmd, done func(), err error) {
	home, err := os.MkdirTemp("", "netwright-tshark-")
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.CommandContext(ctx, t.path, args...)
	cmd.Env = []string{
		"HOME=" + home, "WIRESHARK_CONFIG_DIR=" + home, "XDG_CONFIG_HOME=" + home,
		"PATH=" + os.Getenv("PATH"), "TZ=UTC", "LC_ALL=C.UTF-8",
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd, func() { os.RemoveAll(home) }, nil
}
