package tsharktest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

const (
	goldenSize  = 40 << 10 // octets that a golden has at most, about
	goldenExtra = 8        // frames beyond those that show all names
)

// Choose makes the goldens of protocols from captures: few small frames that
// together show as many names, and then as many ways to the protocol, as
// possible.
func Choose(ctx context.Context, t *Tshark, set *layer.Set, folders Folders, captures, protocols []string) ([]*Golden, error) {
	all, candidates := NewReport(set), map[string]map[string]*candidate{}
	for _, p := range protocols {
		candidates[p] = map[string]*candidate{}
	}
	for _, capture := range captures {
		theirs, err := t.Frames(ctx, capture)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(protocolsOf(theirs), func(p string) bool { return candidates[p] != nil }) {
			continue
		}
		ours, err := Ours(set, capture)
		if err != nil {
			continue // Compare tells of it
		}
		seen := map[string]bool{}
		for i := range min(len(ours), len(theirs)) {
			segment, where := segment(&ours[i]), fmt.Sprintf("%s#%d", folders.Name(capture), i+1)
			if segment != "" && seen[segment] {
				continue
			}
			seen[segment] = true
			shown := protocolsOf(ours[i : i+1])
			for _, p := range protocolsOf(theirs[i : i+1]) {
				if candidates[p] != nil && slices.Contains(shown, p) && !all.remembers(where, p) {
					consider(candidates[p], keep(p, folders.Name(capture), &ours[i], &theirs[i]), p)
				}
			}
		}
	}
	var goldens []*Golden
	for _, p := range protocols {
		g := &Golden{Protocol: p, Version: t.Version}
		for _, c := range chosen(candidates[p]) {
			g.Frames = append(g.Frames, c.frame)
		}
		goldens = append(goldens, g)
	}
	return goldens, nil
}

// candidate is a frame that may come into a golden.
type candidate struct {
	frame GoldenFrame
	names []string // that it shows, sorted
	path  string   // the layers up to the protocol
	size  int
}

// consider takes a frame among the candidates if none there shows the same, or
// if it is smaller.
func consider(all map[string]*candidate, f GoldenFrame, protocol string) {
	c := &candidate{frame: f, size: len(f.append(nil))}
	for _, l := range f.Layers {
		if c.path += l.Name + " "; l.Name != protocol {
			continue
		}
		for _, field := range l.Fields {
			if !field.Hidden {
				c.names = append(c.names, field.Name)
			}
		}
	}
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	key := c.path + "\n" + strings.Join(c.names, " ")
	if old := all[key]; old == nil || old.size > c.size {
		all[key] = c
	}
}

// chosen picks frames: those with the most new names for their size until all
// are shown, then some with a new path.
func chosen(all map[string]*candidate) []*candidate {
	c := choice{names: map[string]bool{}, paths: map[string]bool{}}
	for _, one := range all {
		c.rest = append(c.rest, one)
	}
	byPlace := func(a, b *candidate) int { return before(&a.frame, &b.frame) }
	slices.SortFunc(c.rest, byPlace)
	more := true
	for more {
		more = c.pick(c.newNames)
	}
	for range goldenExtra {
		c.pick(c.newPath)
	}
	slices.SortFunc(c.list, byPlace)
	return c.list
}

// choice is what is chosen so far, and what there is to choose from.
type choice struct {
	rest, list   []*candidate
	names, paths map[string]bool
	size         int
}

// pick takes the candidate that is worth most for its size, if one is worth
// something and has room.
func (c *choice) pick(worth func(*candidate) int) bool {
	best, most := -1, 0.0
	for i, one := range c.rest {
		if v := float64(worth(one)) / float64(one.size); v > most && c.size+one.size <= goldenSize {
			best, most = i, v
		}
	}
	if best < 0 {
		return false
	}
	one := c.rest[best]
	c.rest = slices.Delete(c.rest, best, best+1)
	c.list = append(c.list, one)
	c.size += one.size
	c.paths[one.path] = true
	for _, name := range one.names {
		c.names[name] = true
	}
	return true
}

func (c *choice) newNames(one *candidate) (fresh int) {
	for _, name := range one.names {
		if !c.names[name] {
			fresh++
		}
	}
	return fresh
}

func (c *choice) newPath(one *candidate) int {
	if c.paths[one.path] {
		return 0
	}
	return 1
}

func before(a, b *GoldenFrame) int {
	return cmp.Or(strings.Compare(a.Capture, b.Capture), a.Number-b.Number)
}

// Regenerate asks tshark again, not the cache, about the frames of a golden, and
// returns those that it shows differently now, each as "golden" and "now".
func (t *Tshark) Regenerate(ctx context.Context, g *Golden, folders Folders) (changed [][2]string, err error) {
	runs := map[string][]Frame{}
	for i := range g.Frames {
		f := &g.Frames[i]
		theirs, ok := runs[f.Capture]
		if !ok {
			if theirs, err = t.Run(ctx, folders.Path(f.Capture)); err != nil {
				return nil, err
			}
			runs[f.Capture] = theirs
		}
		ours := Frame{Data: f.Data, Wire: f.Wire, Link: f.Link}
		now := GoldenFrame{Capture: f.Capture}
		if f.Number > 0 && f.Number <= len(theirs) {
			now = keep(g.Protocol, f.Capture, &ours, &theirs[f.Number-1])
		}
		if was, is := string(f.append(nil)), string(now.append(nil)); was != is {
			changed = append(changed, [2]string{was, is})
		}
	}
	return changed, nil
}
