package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// goldenFolder is where the goldens are, from the root of the repository on.
var goldenFolder = filepath.Join("packet", "testdata", "golden")

// write makes goldens of the protocols that are done.
func write(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("write", flag.ContinueOnError)
	names := flags.String("proto", "", "only these protocols")
	if err := flags.Parse(args); err != nil {
		return err
	}
	t, err := tsharktest.Find(ctx)
	if err != nil {
		return err
	}
	folders, captures, err := named(nil)
	if err != nil {
		return err
	}
	var asked []string
	if *names != "" {
		asked = strings.Split(*names, ",")
		if captures, err = tsharktest.With(ctx, t, captures, asked); err != nil {
			return err
		}
	}
	r, err := tsharktest.Compare(ctx, t, proto.Set(), folders, captures)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	var done, undone []string
	for _, s := range r.Stats() {
		switch {
		case asked != nil && !slices.Contains(asked, s.Name) || s.Frames+s.Theirs == 0:
		case s.Done():
			done = append(done, s.Name)
		default:
			undone = append(undone, s.Name)
		}
	}
	goldens, err := tsharktest.Choose(ctx, t, proto.Set(), folders, captures, done)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range goldens {
		errs = append(errs, save(g))
	}
	if len(undone) > 0 {
		errs = append(errs, fmt.Errorf("not done, and so without a new golden: %s; see report -v -proto", strings.Join(undone, " ")))
	}
	return errors.Join(errs...)
}

func save(g *tsharktest.Golden) error {
	s, err := g.Compare(proto.Set())
	if err != nil {
		return err
	}
	if !s.Done() {
		return fmt.Errorf("%s is done over all captures, but not over the %d frames chosen for its golden", g.Protocol, len(g.Frames))
	}
	f, err := os.Create(tsharktest.GoldenPath(goldenFolder, g.Protocol))
	if err != nil {
		return err
	}
	if err := errors.Join(g.Write(f), f.Close()); err != nil {
		return err
	}
	fmt.Printf("%s: %d frames\n", f.Name(), len(g.Frames))
	return nil
}

// check makes goldens again.
func check(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("check needs a number of goldens")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a number of goldens", args[0])
	}
	paths, err := tsharktest.Goldens(goldenFolder)
	if err != nil || len(paths) == 0 {
		return errors.Join(fmt.Errorf("there are no goldens in %s; run this from the root of the repository", goldenFolder), err)
	}
	t, err := tsharktest.Find(ctx)
	if err != nil {
		return err
	}
	folders, err := tsharktest.FindFolders()
	if err != nil {
		return err
	}
	rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	var errs []error
	for _, path := range paths[:min(n, len(paths))] {
		errs = append(errs, again(ctx, t, path, folders))
	}
	return errors.Join(errs...)
}

func again(ctx context.Context, t *tsharktest.Tshark, path string, folders tsharktest.Folders) error {
	g, err := tsharktest.ReadGolden(path)
	if err != nil {
		return err
	}
	if g.Version != t.Version {
		return fmt.Errorf("%s was written by tshark %s, and here is %s: check it by that one, or write all goldens again", path, g.Version, t.Version)
	}
	changed, err := t.Regenerate(ctx, g, folders)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return fmt.Errorf("%s: tshark shows %d of %d frames otherwise now; the first was\n%s\nand is\n%s", path, len(changed), len(g.Frames), changed[0][0], changed[0][1])
	}
	fmt.Printf("%s: %d frames, the same\n", path, len(g.Frames))
	return nil
}
